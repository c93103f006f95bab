import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import { inject } from '../helpers/endings.ts';
import { refused } from '../helpers/faults.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { runCommand } from '../helpers/run-command.ts';
import { type Site, startSite } from '../helpers/site.ts';

let site: Site;

beforeAll(async () => {
  site = await startSite({ timeScale: 0.02, invalidationDelayMs: 0 });
});
afterAll(() => site.stop());

/** A command against this cloud, without its process. */
const run = (command: string, ...options: string[]) =>
  runCommand(main, [command, '--local', '--endpoint', site.cloud.endpoint, ...options]);

describe('npm run wait', () => {
  /** Uploads. @returns what names the upload, with S3's quotes around the ETag */
  async function put(key: string, body: string): Promise<string> {
    const Bucket = site.output('SiteBucketName');
    const { ETag } = await site.clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
    return `${key}=${ETag}`;
  }

  it('ends with 0 once the edge serves every upload, and at once if it does already', async () => {
    const [first, second] = [await put('waited.css', 'first'), await put('waited.js', 'second')];
    const { exitCode, printed } = await run('wait', '--for', first, second);
    expect({ exitCode, lines: printed.split('\n') }).toEqual({
      exitCode: 0,
      lines: [expect.stringMatching(/^✓ waited\.css: fresh/), expect.stringMatching(/^✓ waited\.js: fresh/)],
    });
    await site.settled();
    const again = await run('wait', '--for', first.replaceAll('"', ''), '--json');
    expect(again).toMatchObject({ exitCode: 0, complaint: '' });
    expect(JSON.parse(again.printed)).toMatchObject([{ key: 'waited.css', state: 'fresh' }]);
  });

  it('ends with 0 for an upload that needed no purge', async () => {
    // Versions of the same second cannot be told apart, and are purged.
    await nextSecond();
    const upload = await put('waited.css', 'first');
    expect(await run('wait', '--for', upload)).toMatchObject({ exitCode: 0 });
    await site.settled();
    const [refresh] = await site.refreshes(1);
    expect(refresh?.totals).toMatchObject({ pathCount: 0, skipped: { unchanged: 1 } });
  });

  it('ends with 1 and the reason if the refresh of an upload fails', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('AccessDenied', 403));
    const { exitCode, printed, complaint } = await run('wait', '--for', await put('waited.css', 'in vain'));
    expect({ exitCode, complaint }).toEqual({ exitCode: 1, complaint: '1 upload is not fresh' });
    expect(printed).toMatch(/^✗ waited\.css: its refresh failed: AccessDenied.*\(refresh \S+\)$/);
    await site.settled();
  });

  it('ends with 1 and says so if a later upload has superseded it', async () => {
    const [early] = [await put('waited.css', 'early'), await put('waited.css', 'late')];
    const { exitCode, printed } = await run('wait', '--for', early);
    expect(exitCode).toBe(1);
    expect(printed).toContain('another upload has superseded it');
    await site.settled();
  });

  it('ends with 4 after its time limit', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('TooManyInvalidationsInProgress', 400));
    const upload = await put('waited.css', 'for too long');
    const { exitCode, printed } = await run('wait', '--for', upload, '--timeout', '1s');
    expect(exitCode).toBe(4);
    expect(printed).toMatch(/^✗ waited\.css: (?:its refresh is|no event)/);
  });
});
