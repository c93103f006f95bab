import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { QuotaExceededError } from '../../../shared/errors.ts';
import type { InvalidateDependencies } from '../../../shared/refresh/invalidate.ts';
import { listingOf } from '../../helpers/listing.ts';
import { NO_ERROR_PAGES, PLAN_SETTINGS } from '../../helpers/planning.ts';
import { createMemoryRecords } from '../refresh/memory-records.ts';
import { createMemoryTable } from '../refresh/memory-table.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  SITE_BUCKET: 'site',
  DISTRIBUTION_IDS: 'E1',
  REFRESH_TABLE: 'refreshes',
  PATH_PRICE_USD: '0.005',
  REFETCH_PRICE_USD: '0.00001',
  FREE_PATHS_PER_MONTH: '1000',
  MAX_LIST_REQUESTS: '2000',
  QUOTA_PATIENCE_MINUTES: '60',
};

// Settings are read when the module is loaded, as Lambda does it.
let createHandler: typeof import('../../../handlers/pipeline/invalidate.ts')['createHandler'];
let lines: string[];

beforeAll(async () => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  ({ createHandler } = await import('../../../handlers/pipeline/invalidate.ts'));
});
afterAll(() => void vi.unstubAllEnvs());

beforeEach(() => {
  lines = [];
  // Powertools writes logs and metrics to consoles of its own, which end here.
  const write = (chunk: unknown) => lines.push(String(chunk)) > 0;
  const spies = [process.stdout, process.stderr].map(stream =>
    vi.spyOn(stream, 'write').mockImplementation(write),
  );
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
});

async function run(invalidations: Partial<InvalidateDependencies['invalidations']>, generation = '1') {
  const step = async <T>(_: string, effect: () => T) => effect();
  const table = createMemoryTable({ step, without: undefined, report: () => {} });
  table.put('r1', 'open', { key: 'a.css', sequencer: '01' });
  const handler = createHandler(async () => ({
    refreshes: table,
    invalidations: {
      create: async () => 'I1',
      inProgress: async () => ({ exact: 0, wildcard: 0 }),
      ...invalidations,
    },
    pathUse: {
      usedIn: async () => 0,
      record: async () => {},
      reserve: async () => undefined,
      release: async () => {},
    },
    site: listingOf([]),
    edge: {
      records: createMemoryRecords({ step }),
      objects: { head: async () => undefined },
      isAskedEachTime: () => false,
      errorPages: NO_ERROR_PAGES,
    },
    newMark: () => 'm1',
    settings: PLAN_SETTINGS,
    now: () => new Date('2026-11-02T10:00:00Z'),
  }));
  const context: Partial<Context> = { functionName: 'invalidate', awsRequestId: 'request-1' };
  return handler({ refreshId: 'r1', distributionId: 'E1', round: 1, generation }, context as Context);
}

describe('The function of the stage invalidate', () => {
  it.each(['1', 'any'])('returns the invalidation that it created, at generation %s', async generation => {
    expect(await run({}, generation)).toEqual({ invalidationId: 'I1', paths: 1, waitSeconds: 0 });
  });

  it('counts a refusal by CloudFront, which Step Functions recognises by its name', async () => {
    const refusal = run({
      create: () => Promise.reject(new QuotaExceededError(undefined)),
    });
    await expect(refusal).rejects.toThrow(
      expect.objectContaining({ name: 'TooManyInvalidationsInProgress' }),
    );
    expect(lines.join('')).toContain('"QuotaRefusals":1');
  });

  it('warns when it cannot read what is in progress, and goes on', async () => {
    const result = await run({ inProgress: () => Promise.reject(new Error('denied for a test')) });
    expect(result).toEqual({ invalidationId: 'I1', paths: 1, waitSeconds: 0 });
    expect(lines.filter(line => line.includes('"WARN"')).join('')).toContain('denied for a test');
    expect(lines.join('')).not.toContain('QuotaRefusals');
  });
});
