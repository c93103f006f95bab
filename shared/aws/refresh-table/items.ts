import * as z from 'zod/mini';
import { parsed } from '../../parsed.ts';
import { Cap } from '../../planning/cap.ts';
import { Guard } from '../../planning/guard.ts';
import { REFRESH_STATES, UnaskedSummary } from '../../refresh/api-contract.ts';
import { withFormerNames } from '../../refresh/former-names.ts';
import type { ListedRefresh } from '../../refresh/history.ts';
import { KeptErrorPages } from '../../refresh/kept-error-pages.ts';
import type { Change, Refresh, RefreshEnd } from '../../refresh/refresh.ts';
import { Unasked } from '../../refresh/unasked.ts';
import type { EdgeRecord } from '../../refresh/unchanged.ts';
import type { LISTED_ATTRIBUTES } from './history-index.ts';
import type { Item } from './table.ts';

/*
 * How refreshes are stored, and how they are read. A record keeps the members of `quota`,
 * `invalidation` and `end` side by side: the index of the history projects some of them, and an
 * index can neither project a part of a map nor be given another projection once a stack has it.
 * So `failure` also holds why a refresh ended `unasked`: its state tells which it is.
 */

/**
 * The format of new records. The first format had no number, and said `collateral` for needless
 * purges. Deployed stacks keep records for 90 days, and have refreshes in progress while they are
 * updated, so both are read.
 *
 * The state `unasked` came later without a new number. A record gets its number when it is opened,
 * so with a new one a function that is updated a moment late would refuse every refresh. As it is,
 * it refuses only a record that has ended so.
 */
export const RECORD_VERSION = 2;

const Count = z.int();
const Skipped = z.object({ unchanged: Count, neverCached: Count, duplicate: Count });

const Plan = withFormerNames(
  z.object({
    paths: z.array(z.string()),
    needlessPurges: Count,
    wildcards: z.array(withFormerNames(z.object({ path: z.string(), needlessPurges: Count }))),
    required: Count,
    costUsd: z.number(),
    guarded: z.boolean(),
    guard: z.exactOptional(Guard),
    isCheapest: z.boolean(),
    isEstimated: z.exactOptional(z.literal(true)),
    number: Count,
    round: Count,
    plannedAt: z.string(),
    mark: z.string(),
    changeCount: Count,
    requestedPathCount: Count,
    skipped: Skipped,
    errorPages: z.exactOptional(KeptErrorPages),
    totalCostUsd: z.number(),
    cap: z.exactOptional(Cap),
  }),
);

const Totals = withFormerNames(
  z.object({
    round: Count,
    changeCount: Count,
    requestedPathCount: Count,
    pathCount: Count,
    skipped: Skipped,
    needlessPurges: Count,
    isEstimated: z.exactOptional(z.literal(true)),
    errorPages: z.exactOptional(KeptErrorPages),
    totalCostUsd: z.number(),
  }),
);

/** What the index of the history projects, beside its keys. */
const LISTED = {
  state: z.enum(REFRESH_STATES),
  generation: Count,
  startedAt: z.string(),
  finishedAt: z.optional(z.string()),
  totals: z.optional(Totals),
  spentUsd: z.optional(z.number()),
  invalidationId: z.optional(z.string()),
  failure: z.optional(z.string()),
  refusals: z.optional(Count),
} satisfies Record<(typeof LISTED_ATTRIBUTES)[number], z.ZodMiniType>;

const ListedItem = z.object({ pk: z.string(), ...LISTED });

const RefreshItem = z.object({
  pk: z.string(),
  ...LISTED,
  version: z._default(
    Count.check(z.maximum(RECORD_VERSION, 'written by a newer version of this program')),
    1,
  ),
  distributionId: z.string(),
  closedAt: z.optional(z.string()),
  plan: z.optional(Plan),
  plans: z._default(Count, 0),
  refusedAt: z.optional(z.string()),
  invalidatedAt: z.optional(z.string()),
  verifyingAt: z.optional(z.string()),
  verification: z.optional(
    z.object({
      verified: Count,
      superseded: Count,
      urls: z._default(z.array(z.string()), []),
      unasked: z.optional(Unasked),
    }),
  ),
  verifiedAt: z.optional(z.string()),
  abandoned: z.optional(z.literal(true)),
  announced: z.optional(z.literal(true)),
  mailId: z.optional(z.string()),
});

const ChangeItem = z.object({
  key: z.string(),
  removed: z.boolean(),
  eventTime: z.string(),
  sequencer: z.string(),
  eTag: z.optional(z.string()),
  versionId: z.optional(z.string()),
  deletesVersion: z.optional(z.literal(true)),
});

const EdgeItem = z.object({
  key: z.string(),
  sequencer: z.string(),
  mark: z.string(),
  mixed: z.optional(z.literal(true)),
  verified: z.optional(
    z.object({
      fingerprint: z.string(),
      headers: z.optional(z.string()),
      shown: z.optional(z.array(z.string())),
      neverCached: z.boolean(),
      cacheControl: z.optional(z.string()),
      expires: z.optional(z.string()),
      eTag: z.optional(z.string()),
      lastModified: z.optional(z.string()),
      versionId: z.optional(z.string()),
      skippedBy: z.optional(z.string()),
    }),
  ),
});

const PathItem = z.object({ path: z.string() });
const TagItem = z.object({ tag: z.string() });
const CauseItem = z.object({ cause: z.string() });
const PathCountItem = z.object({
  paths: z.optional(Count),
  reserved: z.optional(Count),
  reservedAt: z.optional(z.string()),
});
export type PathCount = Readonly<z.infer<typeof PathCountItem>>;
const PointerItem = z.object({ refreshId: z.string() });

/** A path asked for by hand. @throws InvalidDataError */
export const toPath = (item: Item) => parsed(PathItem, item, nameOf(item)).path;

/** A cache tag asked for by hand. @throws InvalidDataError */
export const toTag = (item: Item) => parsed(TagItem, item, nameOf(item)).tag;

/** What made paths old. @throws InvalidDataError */
export const toCause = (item: Item) => parsed(CauseItem, item, nameOf(item)).cause;

/** How many paths an invalidation used, or is to use. @throws InvalidDataError */
export const toPathCount = (item: Item): PathCount => parsed(PathCountItem, item, nameOf(item));

/** The id of the refresh that a pointer names. @throws InvalidDataError */
export const toPointer = (item: Item) => parsed(PointerItem, item, nameOf(item)).refreshId;

const nameOf = ({ pk, sk }: Item) => `The item ${String(pk)} / ${String(sk)} of the refresh table`;

/** A refresh's record, in either format. @throws InvalidDataError */
export function toRefresh(item: Item): Refresh {
  const record = parsed(RefreshItem, item, nameOf(item));
  const { pk: id, distributionId, state, generation, startedAt, closedAt, plan, totals, plans } = record;
  const { refusedAt, refusals = 0, invalidationId, invalidatedAt, spentUsd = 0, finishedAt } = record;
  return {
    ...{ id, distributionId, state, generation, startedAt, plans },
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(plan === undefined ? {} : { plan }),
    ...(totals === undefined ? {} : { totals }),
    ...(refusedAt === undefined ? {} : { quota: { refusedAt, refusals } }),
    ...(invalidationId === undefined
      ? {}
      : { invalidation: { id: invalidationId, at: invalidatedAt ?? startedAt, spentUsd } }),
    ...verificationIn(record),
    ...(finishedAt === undefined
      ? {}
      : { end: { at: finishedAt, ...reasonIn(record, nameOf(item)), ...marksIn(record) } }),
  };
}

/** A refresh as the index of the history has it. @throws InvalidDataError */
export function toListed(item: Item): ListedRefresh {
  const record = parsed(ListedItem, item, nameOf(item));
  const { pk: id, state, generation, startedAt, finishedAt, totals, refusals, invalidationId } = record;
  const { spentUsd = 0 } = record;
  return {
    ...{ id, state, generation, startedAt },
    ...(totals === undefined ? {} : { totals }),
    ...(refusals === undefined ? {} : { quota: { refusals } }),
    ...(invalidationId === undefined ? {} : { invalidation: { id: invalidationId, spentUsd } }),
    ...(finishedAt === undefined ? {} : { end: { at: finishedAt, ...reasonIn(record, nameOf(item)) } }),
  };
}

/** @throws InvalidDataError */
export function toChange(item: Item): Change {
  const { eTag, versionId, deletesVersion, ...change } = parsed(ChangeItem, item, nameOf(item));
  return {
    ...change,
    ...(eTag === undefined ? {} : { eTag }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(deletesVersion === undefined ? {} : { deletesVersion }),
  };
}

/** @throws InvalidDataError */
export function toEdgeRecord(item: Item): EdgeRecord {
  const { verified, mixed, ...rest } = parsed(EdgeItem, item, nameOf(item));
  const record = mixed === undefined ? rest : { ...rest, mixed };
  if (verified === undefined) return record;
  const { fingerprint, neverCached, headers, shown, cacheControl, expires } = verified;
  const { eTag, lastModified, versionId, skippedBy } = verified;
  return {
    ...record,
    verified: {
      ...{ fingerprint, neverCached },
      ...(headers === undefined ? {} : { headers }),
      ...(shown === undefined ? {} : { shown }),
      ...(cacheControl === undefined ? {} : { cacheControl }),
      ...(expires === undefined ? {} : { expires }),
      ...(eTag === undefined ? {} : { eTag }),
      ...(lastModified === undefined ? {} : { lastModified }),
      ...(versionId === undefined ? {} : { versionId }),
      ...(skippedBy === undefined ? {} : { skippedBy }),
    },
  };
}

function verificationIn({
  verifyingAt,
  verifiedAt,
  verification,
}: z.infer<typeof RefreshItem>): Pick<Refresh, 'verification'> {
  if (verifyingAt === undefined && verifiedAt === undefined) return {};
  return {
    verification: {
      ...(verifyingAt === undefined ? {} : { startedAt: verifyingAt }),
      ...(verification === undefined ? {} : { result: verification }),
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
    },
  };
}

/** A reason as `failure` holds it: `unauthorized: d111111abcdef8.cloudfront.net answers 401`. */
export const storedReason = ({ code, reason }: UnaskedSummary) => `${code}: ${reason}`;

/** @throws InvalidDataError */
function reasonIn(
  { state, failure }: Pick<z.infer<typeof ListedItem>, 'state' | 'failure'>,
  name: string,
): Pick<RefreshEnd, 'failure' | 'unasked'> {
  if (failure === undefined) return {};
  if (state !== 'unasked') return { failure };
  const [code, ...reason] = failure.split(': ');
  return { unasked: parsed(UnaskedSummary, { code, reason: reason.join(': ') }, name) };
}

function marksIn({ abandoned, announced, mailId }: z.infer<typeof RefreshItem>): Partial<RefreshEnd> {
  return {
    ...(abandoned === undefined ? {} : { isAbandoned: abandoned }),
    ...(announced === undefined ? {} : { isAnnounced: announced }),
    ...(mailId === undefined ? {} : { mailId }),
  };
}
