import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  SITE_BUCKET: 'site',
  DISTRIBUTION_IDS: 'E1',
  SITE_KEYS: '{"prefixes":[],"excluded":[]}',
  REFRESH_TABLE: 'refreshes',
  REFRESH_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:111122223333:stateMachine:refresh',
  PATH_PRICE_USD: '0.005',
  REFETCH_PRICE_USD: '0.00001',
  FREE_PATHS_PER_MONTH: '1000',
  MAX_LIST_REQUESTS: '2000',
  QUOTA_PATIENCE_MINUTES: '60',
  MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
  MAIL_WHEN: 'failed',
  POWERTOOLS_SERVICE_NAME: 'Site/Freshness',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
};
const STAGES = ['collect-changes', 'invalidate', 'verify-edge', 'report-refresh'] as const;
type Handler = (event: unknown, context: Context) => Promise<unknown>;

const handlers = new Map<string, Handler>();

// Settings are read when the modules are loaded, as Lambda does it.
beforeAll(async () => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  for (const stage of STAGES) {
    const { handler } = await import(`../../../handlers/pipeline/${stage}.ts`);
    handlers.set(stage, handler);
  }
});
afterAll(() => void vi.unstubAllEnvs());

const CONTEXT: Partial<Context> = { functionName: 'stage', awsRequestId: 'request-1' };

describe('The function of a stage', () => {
  it.each([
    ['collect-changes', { Records: [{ messageId: 'm1' }] }, /batch of site changes.*Records\.0\.body: /],
    [
      'invalidate',
      {},
      /stage invalidate cannot be understood.*refreshId: .*distributionId: .*generation: .*round: /,
    ],
    [
      'invalidate',
      { refreshId: 'r1', distributionId: 'E1', generation: 'some', round: 1 },
      /stage invalidate cannot be understood.*generation: /,
    ],
    ['verify-edge', { refreshId: 'r1' }, /stage verify cannot be understood.*distributionId: /],
    ['report-refresh', { failure: {} }, /stage report cannot be understood.*refreshId: .*failure\.Error: /],
    ['report-refresh', { refreshId: 'r1', failure: 'text' }, /stage report.*failure: /],
    [
      'report-refresh',
      { refreshId: 'r1', unasked: { code: 'bored', reason: '', count: 1, urls: [] } },
      /stage report.*unasked\.code: /,
    ],
    ['report-refresh', null, /stage report cannot be understood/],
  ])('%s refuses the input %j, and names what is wrong', async (stage, input, says) => {
    const answer = handlers.get(stage)?.(input, CONTEXT as Context);
    await expect(answer).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidData', message: expect.stringMatching(says) }),
    );
  });

  it('refuses a distribution that the deployment does not know', async () => {
    const input = { refreshId: 'r1', distributionId: 'E2', generation: '1', round: 1 };
    await expect(handlers.get('invalidate')?.(input, CONTEXT as Context)).rejects.toThrow(
      expect.objectContaining({ name: 'UnknownDistribution' }),
    );
  });
});
