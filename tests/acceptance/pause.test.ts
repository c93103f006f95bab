import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import type { RefreshList } from '../../shared/refresh/api-contract.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { runCommand } from '../helpers/run-command.ts';
import { JSON_CONTENT, type StudentApi, startStudentApi } from '../helpers/student-api.ts';

let site: StudentApi;

beforeAll(async () => {
  site = await startStudentApi({ timeScale: 0.02, invalidationDelayMs: 0 });
});
afterAll(() => site.stop());

const list = async () => (await site.ask('GET /refreshes')).body as RefreshList;
const details = async (id: string) => (await site.ask(`GET /refreshes/${id}`)).body;
const refresh = (paths: readonly string[]) =>
  site.ask('POST /refreshes', { body: { paths }, headers: JSON_CONTENT });

/** A command against this cloud, without its process. */
const run = (command: string, ...options: string[]) =>
  runCommand(main, [command, '--local', '--endpoint', site.cloud.endpoint, ...options]);

describe('npm run pause', () => {
  const PAUSED = /^Paused since [\d-]{10} [\d:]{8} UTC by local \(moving house\)$/;

  it('keeps uploads from being refreshed until npm run resume, whose one refresh takes them all', async () => {
    const { printed: paused, complaint } = await run('pause', '--reason', 'moving house');
    expect({ paused, complaint }).toEqual({ paused: expect.stringMatching(PAUSED), complaint: '' });
    const before = (await site.executions()).length;
    await inParallel(['held/a.css', 'held/b.css'], key => site.put(key, 'while paused'));
    await site.send({ paths: ['/held-by-hand/*'] });
    await site.settled();

    expect((await site.executions()).length).toBe(before);
    expect((await run('status')).printed).toContain(`‖ ${paused}; 3 changes held until npm run resume`);
    expect((await list()).pause).toEqual({
      since: expect.any(String),
      by: 'local',
      reason: 'moving house',
    });
    expect(await refresh(['/now'])).toMatchObject({ status: 409, body: { error: { code: 'Paused' } } });
    expect(await run('refresh', '--paths', '/now')).toMatchObject({
      exitCode: 1,
      complaint: `${paused}. Ask again after npm run resume.`,
    });
    // Whoever paused first is named.
    expect((await run('pause', '--reason', 'something else')).printed).toBe(paused);

    const resumed = JSON.parse((await run('resume', '--json')).printed);
    expect(resumed).toEqual([
      { distributionId: site.output('DistributionId'), refreshId: expect.any(String), changes: 3 },
    ]);
    await site.settled();
    expect((await site.executions()).length).toBe(before + 1);
    expect(await details(resumed[0].refreshId)).toMatchObject({
      state: 'fresh',
      changeCount: 2,
      requestedPaths: ['/held-by-hand/*'],
    });
    expect(await list()).not.toHaveProperty('pause');
    expect((await run('resume')).printed).toBe('Nothing is paused.');
  });

  it('lets a refresh end that has begun', async () => {
    const { id } = (await refresh(['/begun/*'])).body as { id: string };
    await run('pause');
    await site.settled();
    expect(await details(id)).toMatchObject({ state: 'fresh' });
    expect((await run('resume')).printed).toBe('Resumed: nothing changed meanwhile.');
  });
});
