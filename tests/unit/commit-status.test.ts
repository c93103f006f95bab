import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, it, vi } from 'vitest';
import { refreshEnded } from '../../shared/refresh/refresh-ended.ts';
import type { RefreshReport } from '../../shared/refresh/refresh-report.ts';
import { reportOf } from './mail/reports.ts';

// JavaScript, because Lambda runs it as it is.
const FUNCTION = '../../infra/examples/commit-status/index.mjs';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Runs the example's function, with GitHub answering so. @returns what GitHub was sent */
async function run(details: Parameters<typeof reportOf>[0], status = 201) {
  vi.stubEnv('REPOSITORY', 'my-school/my-site');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  const commit = { Body: { transformToString: async () => '3f2a1b\n' } };
  vi.spyOn(S3Client.prototype, 'send').mockImplementation(async () => commit);
  vi.spyOn(SecretsManagerClient.prototype, 'send').mockImplementation(async () => ({ SecretString: 't1' }));
  const github = vi.fn(async (_url: string, _request: RequestInit) => new Response(null, { status }));
  vi.stubGlobal('fetch', github);
  const { handler } = await import(FUNCTION);
  await handler({ detail: refreshEnded(reportOf(details), 'Site/Freshness') });
  const [[url, { headers, body }] = ['', {}]] = github.mock.calls;
  return { url, headers, body: JSON.parse(String(body)) };
}

const NOT_ASKED: Partial<RefreshReport> = {
  outcome: 'unasked',
  unasked: { code: 'off', reason: 'verification is off', count: 1, urls: [] },
};

it.each([
  [{}, 'success', 'Fresh after 12.34 s'],
  [{ outcome: 'failed', failure: 'AccessDenied: no' }, 'failure', 'Failed: AccessDenied: no'],
  [NOT_ASKED, 'success', 'Not verified: verification is off'],
] as const)('The status of the deployed commit tells of %j', async (details, state, description) => {
  expect(await run(details)).toEqual({
    url: 'https://api.github.com/repos/my-school/my-site/statuses/3f2a1b',
    headers: expect.objectContaining({ authorization: 'Bearer t1' }),
    body: { state, context: 'edge', description },
  });
});

it('The status of a commit is tried again if GitHub does not take it', async () => {
  await expect(run({}, 502)).rejects.toThrow('GitHub answers 502');
});
