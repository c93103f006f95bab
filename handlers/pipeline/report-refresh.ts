import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createMailQueue } from '../../shared/aws/mail-queue.ts';
import { createRefreshTable } from '../../shared/aws/refresh-table/refresh-table.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { type ReportDependencies, report } from '../../shared/refresh/report.ts';

interface Input {
  readonly refreshId: string;
  /** The error that Step Functions caught; absent when the refresh is fresh. */
  readonly failure?: { readonly Error: string; readonly Cause?: string };
}

/** Last step of a refresh, whichever way it ended: history, metrics, mail. */
export function createHandler(dependencies: ReportDependencies) {
  return observed(async ({ refreshId, failure }: Input) => {
    const end =
      failure === undefined
        ? ({ state: 'fresh' } as const)
        : ({ state: 'failed', failure: describe(failure) } as const);
    const { outcome, startedAt, finishedAt, pathCount, skipped } = await report(refreshId, end, dependencies);
    const { unchanged, neverCached, duplicate } = skipped;
    const milliseconds = Date.parse(finishedAt) - Date.parse(startedAt);
    logger.info('Reported', { refreshId, outcome, milliseconds, paths: pathCount, skipped });
    metrics.addMetric(outcome === 'fresh' ? 'RefreshesFresh' : 'RefreshesFailed', MetricUnit.Count, 1);
    metrics.addMetric('FilesSkipped', MetricUnit.Count, unchanged + neverCached + duplicate);
    if (outcome === 'fresh') metrics.addMetric('TimeToFresh', MetricUnit.Milliseconds, milliseconds);
    return { outcome };
  });
}

/** The member of a Lambda's error, in whatever is left of the JSON: Step Functions cuts long causes. */
const ERROR_MESSAGE = /"errorMessage":("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")/u;

/** The cause of a failed Lambda is JSON with an `errorMessage`; that of an AWS call is plain text. */
function describe({ Error: name, Cause: cause = '' }: NonNullable<Input['failure']>): string {
  const message = ERROR_MESSAGE.exec(cause)?.[1];
  const reason: string = message === undefined ? cause : JSON.parse(message);
  return (reason === '' ? name : `${name}: ${reason}`).slice(0, 1000).toWellFormed();
}

const settings = readSettings({
  REFRESH_TABLE: setting.text,
  MAIL_QUEUE_URL: setting.url,
  MAIL_WHEN: setting.mailPolicy,
});

export const handler = createHandler({
  refreshes: createRefreshTable({ tableName: settings.REFRESH_TABLE }),
  outbox: createMailQueue(settings.MAIL_QUEUE_URL),
  mailPolicy: settings.MAIL_WHEN,
  now: () => new Date(),
});
