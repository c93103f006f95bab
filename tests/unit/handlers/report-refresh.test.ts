import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import type { RefreshOutcome, ReportDependencies } from '../../../shared/refresh/report.ts';
import { anyText } from '../../helpers/any-text.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  REFRESH_TABLE: 'refreshes',
  MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
  MAIL_WHEN: 'failed',
  DISTRIBUTION_IDS: 'E1,E2',
  POWERTOOLS_SERVICE_NAME: 'Site/Freshness',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
};

const REFRESH: Refresh = {
  id: 'r1',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'open',
  generation: 1,
  plans: 0,
  startedAt: '2026-11-02T10:00:00.000Z',
};

// Settings are read when the module is loaded, as Lambda does it.
let createHandler: typeof import('../../../handlers/pipeline/report-refresh.ts')['createHandler'];
let metrics: typeof import('../../../shared/observability.ts')['metrics'];

beforeAll(async () => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  ({ createHandler } = await import('../../../handlers/pipeline/report-refresh.ts'));
  ({ metrics } = await import('../../../shared/observability.ts'));
});
afterAll(() => void vi.unstubAllEnvs());

/** Runs the function. @returns its answer, how it ended the refresh, and the metrics it counted */
async function reported(input: object) {
  let outcome: RefreshOutcome | undefined;
  const dependencies: ReportDependencies = {
    refreshes: {
      changesOf: async () => ({ objects: [], paths: [] }),
      recordAnnounced: async () => {},
      finish: async (_, end, at) => {
        outcome = end;
        const { state, ...reason } = end;
        return { ...REFRESH, state, end: { at: at.toISOString(), ...reason } };
      },
    },
    mailedReasons: { note: async () => true, forget: async () => {} },
    untoldOf: async () => [],
    outsideKeys: { recent: async () => undefined },
    outbox: { send: async () => {} },
    mailPolicy: 'failed',
    events: { put: async () => {} },
    pipeline: 'Site/Freshness',
    now: () => new Date('2026-11-02T10:00:10.000Z'),
  };
  const counted = vi.spyOn(metrics, 'addMetric').mockClear();
  const context: Partial<Context> = { functionName: 'report-refresh', awsRequestId: 'request-1' };
  const answer = await createHandler(dependencies)({ refreshId: 'r1', ...input }, context as Context);
  return { answer, outcome, counted: counted.mock.calls.map(([name, , value]) => ({ [name]: value })) };
}

async function reasonOf(failure: { Error: string; Cause?: string }): Promise<string | undefined> {
  const { answer, outcome } = await reported({ failure });
  expect(answer).toEqual({ outcome: 'failed' });
  return outcome?.state === 'failed' ? outcome.failure : undefined;
}

const UNASKED = { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401', count: 1, urls: ['/a.css'] };

describe('the end of a refresh', () => {
  it.each([
    { ending: 'fresh', input: {}, counted: [{ RefreshesFresh: 1 }, { TimeToFresh: 10_000 }] },
    { ending: 'unasked', input: { unasked: UNASKED }, counted: [{ RefreshesUnasked: 1 }] },
    { ending: 'failed', input: { failure: { Error: 'EdgeStale' } }, counted: [{ RefreshesFailed: 1 }] },
  ])('$ending is counted apart from the others', async ({ ending, input, counted }) => {
    const report = await reported(input);
    expect(report.answer).toEqual({ outcome: ending });
    expect(report.outcome?.state).toBe(ending);
    expect(report.counted).toEqual([{ FilesSkipped: 0 }, ...counted]);
  });

  it('gives the reason why the edge could not be asked', async () => {
    const { outcome } = await reported({ unasked: UNASKED });
    expect(outcome).toEqual({ state: 'unasked', unasked: UNASKED });
  });
});

describe('the reason of a failed refresh', () => {
  it("is the message of the function's error", async () => {
    const Cause = JSON.stringify({
      errorType: 'EdgeStale',
      errorMessage: 'Says "old"\nand ä 😀',
      trace: ['at x'],
    });
    expect(await reasonOf({ Error: 'EdgeStale', Cause })).toBe('EdgeStale: Says "old"\nand ä 😀');
  });

  it('is the message of a failed AWS call', async () => {
    const Cause = 'Rate exceeded (Service: CloudFront, Status Code: 400)';
    expect(await reasonOf({ Error: 'CloudFront.CloudFrontException', Cause })).toBe(
      `CloudFront.CloudFrontException: ${Cause}`,
    );
  });

  it('survives a cause that was cut off in the middle', async () => {
    expect(await reasonOf({ Error: 'E', Cause: '{"errorMessage":"half a mess' })).toBe(
      'E: {"errorMessage":"half a mess',
    );
  });

  it('is at least the name of the error', async () => {
    expect(await reasonOf({ Error: 'States.Timeout' })).toBe('States.Timeout');
  });

  it('is found in any cause, because a failure that is not reported alarms nobody', async () => {
    const piece = fc.oneof(fc.constantFrom('"errorMessage":"', '"', '\\', '\\u00', '\n', '{'), anyText());
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async pieces => {
        expect(await reasonOf({ Error: 'E', Cause: pieces.join('') })).toMatch(/^E(: |$)/);
      }),
    );
  });

  it('is cut to a readable, well-formed length', async () => {
    const reason = await reasonOf({ Error: 'X1', Cause: '😀'.repeat(2000) });
    expect(reason?.length).toBeLessThanOrEqual(1000);
    expect(reason?.isWellFormed()).toBe(true);
  });
});
