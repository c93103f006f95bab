import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manifestKeyOf } from '../../shared/school/backup/manifest.ts';
import {
  BUCKET,
  figuresOf,
  KEY,
  LATER_KEY,
  type School,
  startSchool,
  student,
  whenever,
} from '../helpers/student-records.ts';

async function start(): Promise<School> {
  const school = await startSchool();
  onTestFinished(school.stop);
  return school;
}

describe('npm run restore', () => {
  const [before, after] = [
    student('changed', { version: { N: '1' } }),
    student('changed', { version: { N: '2' } }),
  ];
  const [same, gone, added] = [student('same'), student('gone'), student('added', { note: { S: 'new' } })];

  /**
   * A backup of three students, of whom one has changed since, one is gone, and another has come.
   */
  async function backedUp() {
    const school = await start();
    await school.enrol([before, same, gone]);
    await school.backUp(KEY);
    await school.createTable('copy');
    for (const item of [after, same, added]) await school.put(item, 'copy');
    return school;
  }

  it('shows with --dry-run what it would do, and leaves changed students alone', async () => {
    const school = await backedUp();
    const lines = await school.linesOf('copy');
    const command = ['--from', 'latest', '--into', 'copy'];
    const told = await school.restore(...command, '--dry-run', '--json');
    expect(figuresOf(told.printed)).toEqual({ inserted: 1, updated: 0, conflict: 1, unchanged: 1 });
    expect(await school.linesOf('copy')).toEqual(lines);

    const { printed, complaint, exitCode } = await school.restore(...command);
    expect(complaint).toBe(
      'Left alone, because they differ: changed. With --overwrite they become as in the backup.',
    );
    expect([exitCode, told.exitCode, JSON.parse(told.printed).conflicts]).toEqual([5, 5, ['changed']]);
    expect(printed.split('\n').slice(1)).toEqual([
      'Restored into copy     Students',
      'Inserted                      1',
      'Updated                       0',
      'Conflicts, left alone         1',
      'Unchanged                     1',
      'Of the backup                 3',
    ]);
    expect((await school.linesOf('copy')).length).toBe(4);
    expect((await school.linesOf('copy')).join('')).toContain('"version":{"N":"2"}');
  });

  it('names the students whose records lack something', async () => {
    const school = await start();
    await school.enrol([{ studentid: { S: 'part' }, name: { S: 'Bình' } }, student('whole')]);
    await school.backUp(KEY);
    await school.createTable('copy');
    const { printed, exitCode } = await school.restore('--from', KEY, '--into', 'copy');
    expect({ exitCode, last: printed.split('\n').at(-1) }).toEqual({
      exitCode: 0,
      last: 'Incomplete in the backup: part. Whoever changes them on the page repairs them.',
    });
  });

  it('brings back the backup’s content with --overwrite', async () => {
    const school = await backedUp();
    const { printed } = await school.restore('--from', KEY, '--into', 'copy', '--overwrite', '--json');
    expect(figuresOf(printed)).toEqual({ inserted: 1, updated: 1, conflict: 0, unchanged: 1 });
    expect((await school.linesOf('copy')).join('')).not.toContain('"version":{"N":"2"}');
  });

  it('never overwrites a student who changed between its read and its write', async () => {
    const school = await backedUp();
    const newest = student('changed', { version: { N: '3' } });
    let looked = false;
    school.endpoint.intercept(
      whenever('GetItem', async ({ request }, next) => {
        const answer = await next();
        if (looked || !String(request.body).includes('changed')) return answer;
        looked = true;
        await school.put(newest, 'copy');
        return answer;
      }),
    );
    const { printed } = await school.restore('--from', KEY, '--into', 'copy', '--overwrite', '--json');
    expect(figuresOf(printed)).toMatchObject({ updated: 0, conflict: 1 });
    expect((await school.linesOf('copy')).join('')).toContain('"version":{"N":"3"}');
  });

  it.each([
    ['tampered', (bytes: Uint8Array) => bytes.with(20, (bytes[20] ?? 0) ^ 1), 'SHA-256'],
    ['truncated', (bytes: Uint8Array) => bytes.subarray(0, -1), 'size in bytes'],
    ['replaced by nothing', () => new Uint8Array(), 'size in bytes'],
  ])('refuses a file that was %s, before it writes anything', async (_, change, reason) => {
    const school = await backedUp();
    const lines = await school.linesOf('copy');
    const { Body } = await school.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: KEY }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    await school.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: change(bytes) }));
    const { exitCode, printed, complaint } = await school.restore('--from', KEY, '--into', 'copy');
    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: '' });
    expect(complaint).toContain('Refused, nothing was written');
    expect(complaint).toContain(reason);
    expect(await school.linesOf('copy')).toEqual(lines);
  });

  it.each([
    ['no key', 2, [], "Required option '--from <key>' not specified"],
    ['something that is no key', 2, ['--from', 'students.csv'], 'It must be the key of a backup'],
    ['an unknown option', 2, ['--from', KEY, '--force'], "Unknown option '--force'"],
    [
      'a key without manifest',
      1,
      ['--from', LATER_KEY],
      `has no manifest, so it is no finished backup. The newest one is ${KEY}`,
    ],
    ['a table that does not exist', 1, ['--from', KEY, '--into', 'nowhere'], 'Check --into'],
    ['another stack', 1, ['--from', KEY, '--stack', 'Other'], 'Check --stack'],
  ])('explains %s and exits with %i', async (_, expected, options, advice) => {
    const school = await backedUp();
    const { exitCode, complaint } = await school.restore(...options);
    expect(exitCode).toBe(expected);
    expect(complaint).toContain(advice);
  });

  it('refuses a manifest that is damaged', async () => {
    const school = await backedUp();
    const damaged = { Bucket: BUCKET, Key: manifestKeyOf(KEY), Body: '{}' };
    await school.s3.send(new PutObjectCommand(damaged));
    expect(await school.restore('--from', KEY)).toMatchObject({
      exitCode: 1,
      complaint: `InvalidManifest: The manifest of ${KEY} is damaged, or another backup's`,
    });
  });

  it('refuses a manifest whose file is missing', async () => {
    const school = await backedUp();
    await school.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: KEY }));
    expect(await school.restore('--from', KEY)).toMatchObject({
      exitCode: 1,
      complaint: `Refused, nothing was written. ${KEY} has a manifest, but no file`,
    });
  });

  it('prints its options with --help', async () => {
    const school = await start();
    expect(await school.restore('--help')).toMatchObject({
      exitCode: 0,
      printed: expect.stringContaining('--dry-run'),
    });
  });
});
