import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod/mini';
import { createMailQueue } from '../../shared/aws/mail-queue.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, observed } from '../../shared/observability.ts';
import { createBackupBucket } from '../../shared/school/aws/backup-bucket.ts';
import { createStudentScan } from '../../shared/school/aws/student-scan.ts';
import { type BackupDependencies, backup } from '../../shared/school/backup/backup.ts';
import { BackupKey, backupKeyOf } from '../../shared/school/backup/manifest.ts';
import { SCHOOL_METRICS_NAMESPACE } from '../../shared/school/metric-source.ts';

/**
 * The API names the backup that it asks for. The schedule does not: the event does, and so the same
 * at each retry. EventBridge's ids have the form of a UUID, but not always a valid version.
 */
const Event = z.union([
  z.pipe(
    z.object({ key: BackupKey }),
    z.transform(({ key }) => key),
  ),
  z.pipe(
    z.object({ 'detail-type': z.literal('Scheduled Event'), id: z.guid(), time: z.iso.datetime() }),
    z.transform(({ id, time }) => backupKeyOf(new Date(time), id)),
  ),
]);

const metrics = new Metrics({ namespace: SCHOOL_METRICS_NAMESPACE });

/** Reserved before the function's time-out, to clean up and report. */
const CLEAN_UP_MS = 20_000;

/** One backup of all students. */
export function createHandler(dependencies: Omit<BackupDependencies, 'signal'>) {
  return observed(async (event: unknown, context) => {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - CLEAN_UP_MS));
    const manifest = await backup(Event.parse(event), { ...dependencies, signal });
    logger.info('Backed up', manifest);
    metrics.addMetric('StudentsBackedUp', MetricUnit.Count, manifest.count);
    return manifest;
  }, metrics);
}

const settings = readSettings({
  STUDENT_TABLE: setting.text,
  BACKUP_BUCKET: setting.text,
  MAIL_QUEUE_URL: setting.url,
});

export const handler = createHandler({
  source: createStudentScan(settings.STUDENT_TABLE),
  files: createBackupBucket(settings.BACKUP_BUCKET),
  reports: createMailQueue(settings.MAIL_QUEUE_URL),
  now: () => new Date(),
});
