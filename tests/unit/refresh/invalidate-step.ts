import { QuotaExceededError } from '../../../shared/errors.ts';
import {
  type InvalidateDependencies,
  type InvalidateInput,
  invalidate,
} from '../../../shared/refresh/invalidate.ts';
import type { PathUse } from '../../../shared/refresh/path-use.ts';
import type { PathsInProgress } from '../../../shared/refresh/quota.ts';
import type { Changes } from '../../../shared/refresh/refresh.ts';
import { listingOf } from '../../helpers/listing.ts';
import { NO_ERROR_PAGES, PLAN_SETTINGS } from '../../helpers/planning.ts';
import { createMemoryRecords } from './memory-records.ts';
import { createMemoryTable } from './memory-table.ts';

export type Step = <T>(label: string, effect: () => T) => Promise<T>;
const inOneGo: Step = async (_, effect) => effect();

export interface SetUp {
  /** How many requests CloudFront refuses at first. */
  readonly refusals?: number;
  readonly step?: Step;
  readonly changes?: Partial<Changes>;
  readonly originPath?: string;
  readonly inProgress?: () => PathsInProgress;
  readonly now?: () => Date;
  /** On earlier rounds. */
  readonly spentUsd?: number;
  readonly maxPathsPerMonth?: number;
}

/** An empty bucket, and an edge that asks for nothing by itself. */
const NOTHING_SHOWN = {
  objects: { head: async () => undefined },
  isAskedEachTime: () => false,
  errorPages: NO_ERROR_PAGES,
};

/** An open refresh `r1` with one change of `a.css`. */
export function setUp({ refusals = 0, step = inOneGo, changes = {}, originPath = '', ...given }: SetUp = {}) {
  const table = createMemoryTable({ step, without: undefined, report: () => {} });
  table.put('r1', 'open', { key: 'a.css', sequencer: '01' });
  const records = createMemoryRecords({ step });
  const sent: { reference: string; paths: string }[] = [];
  /** Paths by month and reference. */
  const used = new Map<string, number>();
  /** The same, of invalidations to be created. */
  const reserved = new Map<string, number>();
  const unknown: unknown[] = [];
  let [left, marks] = [refusals, 0];
  const { inProgress = () => ({ exact: 0, wildcard: 0 }), now = () => new Date('2026-11-02T10:00:00Z') } =
    given;
  const dependencies: InvalidateDependencies = {
    refreshes: {
      ...table,
      get: async id => {
        const refresh = await table.get(id);
        const { spentUsd } = given;
        return refresh && { ...refresh, ...(spentUsd && { invalidation: { id: 'I1', at: '', spentUsd } }) };
      },
      changesOf: async id => ({ ...(await table.changesOf(id)), ...changes }),
    },
    invalidations: {
      create: (paths, reference) =>
        step('create', () => {
          sent.push({ reference, paths: paths.join(' ') });
          if (left-- > 0) throw new QuotaExceededError(undefined);
          return `I-${reference}`;
        }),
      inProgress: async () => inProgress(),
    },
    pathUse: createPathUse(used, reserved),
    site: listingOf(['a.css', 'b.css', 'c.css']),
    // Purging c.css costs more than any path.
    settings: {
      ...PLAN_SETTINGS,
      prices: { ...PLAN_SETTINGS.prices, refetch: 1 },
      freePathsPerMonth: 2,
      maxPathsPerMonth: given.maxPathsPerMonth,
      urls: { ...PLAN_SETTINGS.urls, originPath },
    },
    edge: { records, ...NOTHING_SHOWN },
    newMark: () => `m${++marks}`,
    now,
    onUnknownQuota: error => void unknown.push(error),
  };
  return {
    table,
    records,
    sent,
    used,
    reserved,
    unknown,
    invalidate: (input: Partial<InvalidateInput> = {}) =>
      invalidate({ refreshId: 'r1', round: 1, ...input }, dependencies),
  };
}

/** Of single steps: nobody else uses paths meanwhile. */
function createPathUse(used: Map<string, number>, reserved: Map<string, number>): PathUse {
  const usedIn = async (month: string) =>
    [...used].filter(([of]) => of.startsWith(month)).reduce((sum, [, paths]) => sum + paths, 0);
  return {
    usedIn,
    record: async (month, reference, paths) => void used.set(`${month} ${reference}`, paths),
    async reserve(month, reference, { wanted, limit }) {
      const others = await usedIn(month);
      const fits = others + wanted <= limit;
      reserved.set(`${month} ${reference}`, fits ? wanted : 1);
      return fits ? undefined : others;
    },
    release: async (month, reference) => void reserved.delete(`${month} ${reference}`),
  };
}
