import { describe, expect, it } from 'vitest';
import { prefixFor } from '../../../../infra/cli/doctor/proof/deployed-site.ts';
import { followRefreshes } from '../../../../infra/cli/doctor/proof/followed-refreshes.ts';
import {
  judgeBurst,
  judgeFree,
  judgeHistory,
  judgeOneInvalidation,
} from '../../../../infra/cli/doctor/proof/judge-refresh.ts';
import { judgeEmptied } from '../../../../infra/cli/doctor/proof/probes/mail.ts';
import { judgeEcho } from '../../../../infra/cli/doctor/proof/probes/many-paths.ts';
import { judgeWorkflow } from '../../../../infra/cli/doctor/proof/probes/other-region.ts';
import { costOfProof } from '../../../../infra/cli/doctor/proof/prove.ts';
import {
  purgesBelow,
  type SeenInvalidation,
} from '../../../../infra/cli/doctor/proof/trial-invalidations.ts';
import { OutOfPatienceError, until } from '../../../../infra/cli/doctor/proof/waiting.ts';
import { type Refresh, totalsOf } from '../../../../shared/refresh/refresh.ts';
import { changeOf } from '../../../helpers/changes.ts';
import { PLANNING, planOf } from '../../../helpers/planning.ts';

const PATH = '/doctor-1/page.txt';
const NO_PATIENCE = { patienceMs: 0, signal: new AbortController().signal };

function refreshOf({
  paths = [PATH],
  changeCount = 1,
  unchanged = 0,
  ...parts
}: Partial<Refresh> & RefreshParts): Refresh {
  const plan = {
    ...planOf(paths),
    changeCount,
    skipped: { unchanged, neverCached: 0, duplicate: 0 },
  };
  return {
    id: 'r1',
    distributionId: 'E1',
    state: 'fresh',
    generation: 1,
    plans: 1,
    startedAt: '2026-11-22T08:00:00.000Z',
    plan,
    totals: totalsOf(plan),
    invalidation: { id: 'I1', at: '2026-11-22T08:00:02.000Z', spentUsd: 0.005 },
    end: { at: '2026-11-22T08:00:09.000Z' },
    ...parts,
  };
}

interface RefreshParts {
  readonly paths?: readonly string[];
  readonly changeCount?: number;
  readonly unchanged?: number;
}

const sent = (parts: Partial<SeenInvalidation> = {}): SeenInvalidation => ({
  id: 'I1',
  status: 'Completed',
  paths: [PATH],
  ...parts,
});

describe('The refresh of one overwritten file', () => {
  it.each([
    ['one invalidation of its path', [sent()], 'confirmed'],
    ['no invalidation', [], 'refuted'],
    ['two invalidations', [sent(), sent({ id: 'I2' })], 'refuted'],
    ['a wildcard', [sent({ paths: ['/doctor-1/*'] })], 'refuted'],
    ['another path as well', [sent({ paths: [PATH, '/other'] })], 'refuted'],
  ] as const)('with %s is as it should be: %s %s', (_, made, verdict) => {
    expect(judgeOneInvalidation(PATH, [refreshOf({})], made).verdict).toBe(verdict);
  });

  it('proves nothing while somebody else uploads', () => {
    const busy = refreshOf({ changeCount: 3 });
    expect(judgeOneInvalidation(PATH, [busy], [sent()]).verdict).toBe('untestable');
  });
});

describe('The history', () => {
  it('agrees with CloudFront if state, id and paths do', () => {
    expect(judgeHistory(refreshOf({}), [sent()]).verdict).toBe('confirmed');
  });

  it.each([
    ['there is no record', undefined, [sent()], 'no such refresh'],
    [
      'the refresh failed',
      refreshOf({ state: 'failed', end: { at: '2026-11-22T08:01:00.000Z', failure: 'EdgeStale' } }),
      [sent()],
      'it ended failed: EdgeStale',
    ],
    ['CloudFront has another invalidation', refreshOf({}), [sent({ id: 'I9' })], 'I1 is not among I9'],
    ['it is in progress', refreshOf({}), [sent({ status: 'InProgress' })], 'InProgress of I1'],
    ['it has other paths', refreshOf({}), [sent({ paths: ['/*'] })], 'CloudFront has path /* where'],
  ] as const)('disagrees with CloudFront if %s', (_, refresh, made, evidence) => {
    const finding = judgeHistory(refresh, made);
    expect(finding.verdict).toBe('refuted');
    expect(finding.evidence).toContain(evidence);
  });

  it('cannot be tested if the edge could not be asked, and says what would help', () => {
    const unasked = { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401' } as const;
    const refresh = refreshOf({ state: 'unasked', end: { at: '2026-11-22T08:01:00.000Z', unasked } });
    const { verdict, remedy } = judgeHistory(refresh, [sent()]);
    expect(verdict).toBe('untestable');
    expect(remedy).toContain('verificationHeaders');
    expect(judgeFree([refresh], []).verdict).toBe('untestable');
  });
});

describe('An upload of the same bytes', () => {
  it.each([
    ['skipped and costs nothing', { paths: [], unchanged: 1 }, [], 'confirmed'],
    ['not skipped', { paths: [] }, [], 'refuted'],
    ['purged', { unchanged: 1 }, [], 'refuted'],
    ['invalidated', { paths: [], unchanged: 1 }, [sent()], 'refuted'],
  ] as const)('that is %s', (_, parts, made, verdict) => {
    expect(judgeFree([refreshOf(parts)], made).verdict).toBe(verdict);
  });
});

it.each([
  [0, 'refuted'],
  [1, 'confirmed'],
  [2, 'confirmed'],
  [3, 'refuted'],
] as const)('A burst with %i invalidations is %s', (count, verdict) => {
  expect(judgeBurst(40, [refreshOf({})], Array(count).fill(sent())).verdict).toBe(verdict);
});

describe('GetInvalidation', () => {
  const paths = Array.from({ length: 3000 }, (_, index) => `/${index}`);

  it('tells 3,000 paths if it tells each of them', () => {
    expect(judgeEcho(paths, sent({ paths: paths.toReversed() })).verdict).toBe('confirmed');
    expect(judgeEcho(paths, sent({ paths: paths.slice(1) })).verdict).toBe('refuted');
    expect(judgeEcho(paths, sent({ paths: [...paths.slice(1), '/0000'] })).verdict).toBe('refuted');
  });

  it('tells too much for Step Functions if its answer is longer than a result may be', () => {
    const long = paths.map(path => path.padEnd(90, 'x'));
    expect(judgeEcho(long, sent({ paths: long })).verdict).toBe('refuted');
  });
});

describe('The workflow', () => {
  const seenCompleted = refreshOf({ verification: { startedAt: '2026-11-22T08:00:05.000Z' } });

  it.each([
    ['in CloudFront’s own region', 'us-east-1', [seenCompleted], 'untestable'],
    ['without an invalidation', 'eu-central-1', [], 'untestable'],
    ['that saw its invalidation complete', 'eu-central-1', [seenCompleted], 'confirmed'],
    ['that saw only one complete', 'eu-central-1', [seenCompleted, refreshOf({})], 'refuted'],
  ] as const)('%s: %s', (_, region, refreshes, verdict) => {
    expect(judgeWorkflow(region, refreshes).verdict).toBe(verdict);
  });
});

it.each([
  [{}, 'confirmed'],
  [{ waiting: 1 }, 'refuted'],
  [{ inWork: 1 }, 'refuted'],
  [{ deadLetters: 1 }, 'refuted'],
] as const)('A queue with %o is %s to have nothing stuck', (counts, verdict) => {
  const queue = { name: 'mails', waiting: 0, inWork: 0, deadLetters: 0, ...counts };
  expect(judgeEmptied([queue], { name: 'Some', client: { region: 'eu-central-1' } }).verdict).toBe(verdict);
});

describe('The folder of the doctor', () => {
  const siteWith = (originPath: string, prefixes: readonly string[], excluded: readonly string[] = []) => ({
    distribution: { urls: { ...PLANNING.urls, originPath } },
    keys: { prefixes: [...prefixes], excluded: [...excluded] },
  });

  it.each([
    ['', [], 'doctor/'],
    ['/docs', [], 'docs/doctor/'],
    ['', ['site/', 'docs/'], 'site/doctor/'],
    ['/docs', ['site/', 'docs/'], 'docs/doctor/'],
    ['/docs', ['docs/en/'], 'docs/en/doctor/'],
    ['/docs', ['do'], 'docs/doctor/'],
  ] as const)('below the origin path "%s" with the prefixes %o is %s', (originPath, prefixes, folder) => {
    expect(prefixFor('doctor/', siteWith(originPath, prefixes))).toBe(folder);
  });

  it('is refused if no file would be both watched and shown', () => {
    expect(() => prefixFor('doctor/', siteWith('/docs', ['site/']))).toThrow('no file would be in both');
    expect(() => prefixFor('doctor/', siteWith('', [], ['*.txt']))).toThrow('excludedKeys');
  });
});

it.each([
  ['/a/b.txt', true],
  ['/b', false],
  ['/a/*', true],
  ['/*', true],
  ['/a/b*', true],
  ['/b*', false],
])('The path %s purges something below /a/: %s', (path, isBelow) => {
  expect(purgesBelow(path, '/a/')).toBe(isBelow);
});

describe('Refreshes that are followed', () => {
  interface Known {
    readonly id: string;
    readonly keys: readonly string[];
    /** @default false */
    readonly isRunning?: boolean;
  }

  /** @param known newest first */
  function followed(known: readonly Known[]) {
    const { end, ...running } = refreshOf({});
    const ended = { ...running, ...(end === undefined ? {} : { end }) };
    const listed = known.map(({ id, isRunning = false }) => ({ ...(isRunning ? running : ended), id }));
    const keysOf = (id: string) => known.find(each => each.id === id)?.keys ?? [];
    const table = {
      refreshes: {
        get: async (id: string) => refreshOf({ id }),
        changesOf: async (id: string) => ({ objects: keysOf(id).map(key => changeOf(key)), paths: [] }),
      },
      historyOf: () => ({ page: async () => ({ refreshes: listed }) }),
    };
    return followRefreshes(table, 'E1', NO_PATIENCE);
  }

  it('are all those that took one of the keys, oldest first', async () => {
    const { follow } = followed([
      { id: 'r3', keys: ['b'] },
      { id: 'r2', keys: ['other'] },
      { id: 'r1', keys: ['a'] },
    ]);
    expect((await follow(['a', 'b'])).map(({ id }) => id)).toEqual(['r1', 'r3']);
  });

  it('are waited for while one of them runs', async () => {
    const { follow } = followed([{ id: 'r1', keys: ['a'], isRunning: true }]);
    await expect(follow(['a'])).rejects.toThrow(OutOfPatienceError);
  });

  it('are waited for while one of the keys is in none', async () => {
    const { follow } = followed([{ id: 'r1', keys: ['a'] }]);
    await expect(follow(['a', 'b'])).rejects.toThrow('the refreshes of 2 files to end');
  });

  it('are each followed once', async () => {
    const refreshes = followed([{ id: 'r1', keys: ['a'] }]);
    await refreshes.follow(['a']);
    await expect(refreshes.follow(['a'])).rejects.toThrow('a refresh of a to end');
    expect(refreshes.ended.map(({ id }) => id)).toEqual(['r1']);
  });

  it('of a removal are not those of an upload before it', async () => {
    const { follow } = followed([{ id: 'r1', keys: ['a'] }]);
    await expect(follow(['a'], { change: 'removed' })).rejects.toThrow(OutOfPatienceError);
  });
});

describe('Waiting', () => {
  it('ends with what is found, however often it has to look', async () => {
    let looks = 0;
    const look = async () => (++looks === 3 ? 'found' : undefined);
    const patient = { patienceMs: 60_000, signal: new AbortController().signal };
    expect(await until(look, 'something', patient)).toBe('found');
  });

  it('ends at once when it is stopped', async () => {
    const stopping = new AbortController();
    const look = async () => {
      stopping.abort();
      return undefined;
    };
    const waiting = until(look, 'nothing', { patienceMs: 60_000, signal: stopping.signal });
    await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});

it('The cost is told before anything is done, and that of many paths apart', () => {
  const usual = costOfProof({ manyPaths: false });
  expect(usual).toMatch(/uploads 49 small files, and removes them again/);
  expect(usual).toMatch(/up to \d{3} invalidation paths of each distribution/);
  expect(costOfProof({ manyPaths: true })).toMatch(/up to 3,\d{3} invalidation paths .* else \$1\d\.\d+\./);
});
