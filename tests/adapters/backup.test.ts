import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionCutError, type Interceptor } from '../../infra/local/kernel/aws-endpoint.ts';
import { createBackups } from '../../shared/school/aws/backup-bucket.ts';
import { manifestKeyOf } from '../../shared/school/backup/manifest.ts';
import {
  BUCKET,
  figuresOf,
  KEY,
  LATER_KEY,
  type School,
  student,
  TABLE,
  whenever,
  withPhotos,
} from '../helpers/student-records.ts';
import { expectRoundTrip, FILES, start, UNUSUAL } from './round-trip.ts';

const cut: Interceptor = async () => {
  throw new ConnectionCutError();
};

/** From this action on, nothing reaches AWS any more: as after a crash of the function. */
function crashAt(action: string): Interceptor {
  let crashed = false;
  return (call, next) => {
    crashed ||= call.action === action;
    return crashed ? cut(call, next) : next();
  };
}

const actionsOf = ({ journal }: School) =>
  journal.entries.flatMap(entry => (entry.kind === 'call' && entry.status < 400 ? [entry.action] : []));

describe('A backup of 200 students', () => {
  it('restored into an empty table is equal item by item', () => expectRoundTrip(200));
});

describe('A backup of several megabytes', () => {
  it('is scanned in pages, uploaded in parts, and holds every student', async () => {
    const school = await start();
    await school.enrol(withPhotos(30, 300_000));
    await school.backUp(KEY);
    const times = (action: string) => actionsOf(school).filter(done => done === action).length;
    expect(times('Scan')).toBeGreaterThan(8);
    expect(times('UploadPart')).toBe(2);
    const { printed } = await school.restore('--from', KEY, '--dry-run', '--json');
    expect(figuresOf(printed)).toMatchObject({ inserted: 0, conflict: 0, unchanged: 30 });
  });
});

describe('A backup', () => {
  it('is made once if it is requested twice under one key', async () => {
    const school = await start();
    await school.enrol(UNUSUAL);
    const first = await school.backUp(KEY);
    await school.put(student('later'));
    expect(await school.backUp(KEY)).toEqual(first);
    expect(await school.stored()).toEqual(FILES);
    expect(actionsOf(school).filter(action => action === 'CreateMultipartUpload')).toHaveLength(1);
  });

  it.each(['Scan', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutObject'])(
    'whose %s fails leaves no file, says so, and can be made again',
    async action => {
      const school = await start();
      await school.enrol(UNUSUAL);
      const mend = school.endpoint.intercept(whenever(action, cut));
      await expect(school.backUp(KEY)).rejects.toThrow();
      mend();
      expect(await school.stored()).toEqual([]);
      expect(await school.reports()).toMatchObject([{ outcome: 'failed', key: KEY }]);
      const began = actionsOf(school).includes('CreateMultipartUpload');
      const ended = /AbortMultipartUpload|DeleteObject/;
      expect(actionsOf(school).some(done => ended.test(done))).toBe(began);

      expect(await school.backUp(KEY)).toMatchObject({ count: UNUSUAL.length });
      expect(await school.reports()).toMatchObject([{ outcome: 'done' }]);
    },
  );

  it.each(['Scan', 'UploadPart', 'CompleteMultipartUpload', 'PutObject'])(
    'that crashes at %s is invisible until it is made again',
    async action => {
      const school = await start();
      await school.enrol(UNUSUAL);
      const mend = school.endpoint.intercept(crashAt(action));
      await expect(school.backUp(KEY)).rejects.toThrow();
      mend();
      expect(await school.stored()).not.toContain(manifestKeyOf(KEY));
      // Before its manifest, the file is whole but belongs to no backup.
      expect((await school.stored()).includes(KEY)).toBe(action === 'PutObject');
      expect(await createBackups(BUCKET, 'backup', school).list()).toEqual([]);
      expect(await school.restore('--from', KEY)).toMatchObject({ exitCode: 1, printed: '' });

      expect(await school.backUp(KEY)).toMatchObject({ count: UNUSUAL.length });
      expect(await school.restore('--from', KEY, '--dry-run')).toMatchObject({ exitCode: 0 });
    },
  );

  it.each(['UploadPart', 'CompleteMultipartUpload', 'PutObject'])(
    'whose %s succeeds with the answer lost is made all the same',
    async action => {
      const school = await start();
      await school.enrol(UNUSUAL);
      let lost = 0;
      school.endpoint.intercept(
        whenever(action, async (call, next) => {
          const answer = await next();
          if (lost++ === 0) return cut(call, next);
          return answer;
        }),
      );
      await school.backUp(KEY);
      expect(await school.stored()).toEqual(FILES);
      expect(await school.restore('--from', KEY)).toMatchObject({ exitCode: 0 });
      expect(await school.reports()).toMatchObject([{ outcome: 'done' }]);
    },
  );

  it('is found by its key, is listed newest first, and is started asynchronously', async () => {
    const school = await start();
    const backups = createBackups(BUCKET, 'backup', school);
    expect(await backups.find(KEY)).toBeUndefined();
    expect(await backups.list()).toEqual([]);
    const first = await school.backUp(KEY);
    const second = await school.backUp(LATER_KEY);
    expect(await backups.find(KEY)).toEqual(first);
    expect(await backups.list()).toEqual([second, first]);

    await backups.start(KEY);
    expect(school.invocations).toMatchObject([
      { url: '/2015-03-31/functions/backup/invocations', headers: { 'x-amz-invocation-type': 'Event' } },
    ]);
    expect(JSON.parse(String(school.invocations[0]?.body))).toEqual({ key: KEY });
  });
});

describe('The backup function', () => {
  afterEach(() => vi.unstubAllEnvs());

  async function load(school: School) {
    for (const [name, value] of Object.entries({
      STUDENT_TABLE: TABLE,
      BACKUP_BUCKET: BUCKET,
      MAIL_QUEUE_URL: school.queueUrl,
      AWS_ENDPOINT_URL: school.endpoint.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'BackupRole',
      AWS_SECRET_ACCESS_KEY: 'local',
      POWERTOOLS_DEV: 'false',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
    })) {
      vi.stubEnv(name, value);
    }
    vi.resetModules();
    const { handler } = await import('../../handlers/school/backup.ts');
    const context = { functionName: 'backup', awsRequestId: 'r-1', getRemainingTimeInMillis: () => 900_000 };
    return (event: unknown) => handler(event, context as never);
  }

  it('makes the backup that the API names', async () => {
    const school = await start();
    await school.enrol(UNUSUAL);
    const invoke = await load(school);
    expect(await invoke({ key: KEY })).toMatchObject({ key: KEY, count: UNUSUAL.length });
    await expect(invoke({ key: 'somewhere/else' })).rejects.toThrow();
  });

  it('names the daily backup after its event, so that a retry does not make a second one', async () => {
    const school = await start();
    const invoke = await load(school);
    const event = {
      version: '0',
      // As AWS shows one: a UUID in shape, of no version.
      id: '17793124-05d4-b198-2fde-7ededc63b103',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-22T02:00:00Z',
      detail: {},
    };
    expect(await invoke(event)).toMatchObject({ key: 'backups/20261122T020000Z-17793124.ndjson.gz' });
    await invoke(event);
    expect(await school.stored()).toHaveLength(2);
  });
});
