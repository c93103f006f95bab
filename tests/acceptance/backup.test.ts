import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import { ConnectionCutError } from '../../infra/local/kernel/aws-endpoint.ts';
import { startSchedules } from '../../infra/local/services/events/schedules.ts';
import { RESOURCE_TYPES } from '../../infra/local/services.ts';
import { loadStack } from '../../infra/local/template/template.ts';
import { manifestKeyOf } from '../../shared/school/backup/manifest.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import {
  type BackedUpSchool,
  expectRoundTrip,
  FINISHED,
  startBackedUpSchool,
} from '../helpers/backed-up-school.ts';
import { manyStudents, withPhotos } from '../helpers/student-records.ts';

describe('Students', () => {
  it('backed up through the API and restored into an empty table are equal, item by item', async () => {
    const students = [...manyStudents(500), ...withPhotos(90, 100_000)];
    const school = await startBackedUpSchool(students, 0.1);
    onTestFinished(school.stop);
    const calls: string[] = [];
    school.cloud.journal.subscribe(entry => {
      if (entry.kind === 'call' && entry.caller.includes('Backup')) calls.push(entry.action);
    });
    await expectRoundTrip(school, students.length);
    // The photos fill what 20,000 students without do not: more than a page of each segment, and
    // more than one part.
    expect(calls.filter(action => action === 'Scan').length).toBeGreaterThanOrEqual(8);
    expect(calls.filter(action => action === 'UploadPart').length).toBeGreaterThan(1);
  });
});

describe('A backup', () => {
  const STUDENTS = 30;
  let school: BackedUpSchool;

  beforeAll(async () => {
    school = await startBackedUpSchool(manyStudents(STUDENTS), 0.02);
  });
  afterAll(() => school.stop());

  it('that ends quickly is returned in the answer, is first in the list, and is mailed once', async () => {
    await school.backUp();
    const mailed = school.reports().length;
    const reported = school.report();
    const { status, body } = await school.ask('POST /backup');
    expect({ status, body }).toMatchObject({ status: 201, body: { ...FINISHED, count: STUDENTS } });
    const { backups } = (await school.ask('GET /backups')).body as { backups: unknown[] };
    expect(backups[0]).toMatchObject(body as object);
    // The answer comes with the manifest, and the report after it.
    await reported;
    await school.settled();
    expect(school.reports()).toHaveLength(mailed + 1);
  });

  it('is made every night by the rule of the template', async () => {
    const { endpoint } = school.cloud;
    const template = {
      assemblyDirectory: ASSEMBLY,
      stackName: 'StudentSite',
      endpoint,
      types: RESOURCE_TYPES,
    };
    const { resources } = loadStack(template);
    let now = Date.parse('2026-11-22T12:00:00Z');
    const reported = school.report();
    const stop = startSchedules({
      rules: resources.filter(({ properties }) => 'ScheduleExpression' in properties),
      now: () => now,
      async wait(milliseconds) {
        now += milliseconds;
        // The second night never comes.
        if (now > Date.parse('2026-11-23T02:00:00Z')) await new Promise(() => undefined);
      },
      async callAws({ service, caller, method, url, headers, body }) {
        const authorization = authorizationOf(caller, service);
        const sent = { ...(headers as Record<string, string>), authorization };
        const answer = await fetch(`${endpoint}${url}`, {
          method,
          headers: sent,
          body: new Uint8Array(body),
        });
        return { status: answer.status, body: await answer.text() };
      },
    });
    onTestFinished(stop);
    await reported;
    const { backups } = (await school.ask('GET /backups')).body as { backups: unknown[] };
    expect(backups).toContainEqual(
      expect.objectContaining({
        key: expect.stringMatching(/^backups\/20261123T020000Z-/),
        count: STUDENTS,
      }),
    );
  });

  it.each([
    ['tampered with', (bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1), 'SHA-256'],
    ['truncated', (bytes: Uint8Array) => bytes.subarray(0, -1), 'size in bytes'],
  ])('%s is refused before anything is written', async (name, change, reason) => {
    const key = await school.backUp();
    await school.write(key, change(await school.read(key)));
    const table = `empty-${name.replaceAll(' ', '-')}`;
    await school.createTable(table);
    const { exitCode, printed, complaint } = await school.restoreHere('--from', key, '--into', table);
    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: '' });
    expect(complaint).toContain(
      `Refused, nothing was written. The file is not what its manifest says: its ${reason}`,
    );
    expect(await school.linesOf(table)).toEqual([]);
  });

  it.each(['UploadPart', 'CompleteMultipartUpload'])(
    'killed at %s leaves neither file nor manifest, and Lambda retries it',
    async action => {
      const [files, mailed] = [await school.files(), school.reports().length];
      const killed = Promise.withResolvers<void>();
      const retry = Promise.withResolvers<void>();
      const uploads: string[] = [];
      let hasCrashed = false;
      const remove = school.cloud.intercept(async (call, next) => {
        if (!call.request.caller.includes('Backup')) return next();
        if (hasCrashed) await retry.promise;
        if (/MultipartUpload/.test(call.action)) uploads.push(call.action);
        if (hasCrashed || call.action !== action) return next();
        hasCrashed = true;
        school.cloud.crashFunctions(call.request.caller);
        killed.resolve();
        throw new ConnectionCutError();
      });
      onTestFinished(remove);

      const answer = school.ask('POST /backup');
      await killed.promise;
      expect(await school.files()).toEqual(files);
      // What was uploaded is left to the bucket's lifecycle rule.
      expect(uploads).not.toContain('AbortMultipartUpload');

      const reported = school.report();
      retry.resolve();
      const { status, body } = await answer;
      expect({ status, body }).toMatchObject({ status: 201, body: { ...FINISHED, count: STUDENTS } });
      const { key } = body as { key: string };
      expect(await school.files()).toEqual([...files, key, manifestKeyOf(key)].sort());
      await reported;
      await school.settled();
      expect(school.reports()).toHaveLength(mailed + 1);
    },
  );
});
