import { mapConcurrently } from '../concurrently.ts';
import { EdgeStaleError, EdgeUnreachableError, UnknownRefreshError } from '../errors.ts';
import type { KeyListing } from '../planning/plan-by-listing.ts';
import type { UrlRules } from '../planning/viewer-urls.ts';
import { MAX_LISTED_IN_DETAILS } from './api-contract.ts';
import type { Edge } from './edge-answer.ts';
import {
  CLOSE,
  type JudgeDependencies,
  type JudgedObjects,
  judge,
  type Outcome,
  USUAL,
} from './judge-answer.ts';
import type { Change, Changes, Refresh, StoredVerification, Verification } from './refresh.ts';
import type { Served } from './served.ts';
import type { Unasked } from './unasked.ts';
import type { VerifiedRecords } from './unchanged.ts';
import { type Check, checksFor, checksOfChanges, sampleOf } from './verification-checks.ts';
import { isVersionOf, verifiedFrom } from './verified.ts';

export interface VerifyStore {
  get(refreshId: string): Promise<Refresh | undefined>;
  changesOf(refreshId: string): Promise<Changes>;
  /** If repeated within a round, keeps the first time. */
  recordVerifying(refreshId: string): Promise<void>;
  recordVerification(refreshId: string, verification: StoredVerification): Promise<void>;
}

export interface VerifyDependencies {
  readonly refreshes: VerifyStore;
  readonly records: VerifiedRecords;
  readonly origin: JudgedObjects & KeyListing;
  /** Makes the edge ready: its headers may have to be fetched. */
  readonly openEdge: () => Promise<Edge>;
  readonly urls: UrlRules;
  /** See distribution.ts. */
  readonly errorPages: readonly string[];
  /** Whether the edge is asked at all. */
  readonly verify: boolean;
}

/** The time that a step has. */
export interface StepTime {
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Until the function is ended. */
  readonly millisecondsLeft: () => number;
}

/** Concurrent requests. Quick for thousands of URLs, and few beside a site's own traffic. */
const CONCURRENCY = 32;

/**
 * Pauses before URLs that did not answer are asked again: three minutes in all. It is done here and
 * not by the workflow, so that what has been seen of all other URLs is kept.
 */
const PAUSES_SECONDS = [1, 2, 5, 10, 20, 30, 60, 60];

/**
 * Kept for the end: answers on their way may take ten seconds, and what was verified is recorded.
 */
const RESERVE_MS = 60_000;

/**
 * Asks the edge for every URL that a refresh should have made fresh, and compares the answers with
 * the bucket. If none is stale, keys whose URLs all match are recorded as verified, so that a later
 * upload that changes nothing can be skipped.
 *
 * @throws EdgeStaleError naming the URLs that still show old content
 * @throws EdgeUnreachableError if none is stale, but some did not answer for minutes
 */
export async function verifyEdge(
  refreshId: string,
  dependencies: VerifyDependencies,
  time: StepTime,
): Promise<Verification> {
  const { refreshes, records, origin, urls } = dependencies;
  const refresh = await refreshes.get(refreshId);
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  await refreshes.recordVerifying(refreshId);
  const changes = await refreshes.changesOf(refreshId);
  if (!dependencies.verify) return recordOff(refreshId, changes, dependencies);
  const checks = await checksFor(changes, origin, urls);
  const edge = await dependencies.openEdge();
  const closedAt = Date.parse(refresh.closedAt ?? '');
  const outcomes = await outcomesOf(checks, { ...dependencies, edge, closedAt }, time);

  const stale = checks.filter((_, index) => outcomes[index]?.state === 'stale');
  if (stale.length > 0) throw new EdgeStaleError(stale.map(check => check.requestPath));
  if (refresh.plan !== undefined) await recordVerified(checks, outcomes, refresh.plan.mark, records);
  const problems = outcomes.flatMap(outcome => (outcome.state === 'unanswered' ? [outcome.problem] : []));
  if (problems.length > 0) throw new EdgeUnreachableError(problems);

  const unasked = unaskedIn(checks, outcomes);
  const verification = {
    verified: outcomes.filter(({ state }) => state === 'verified').length,
    superseded: outcomes.filter(({ state }) => state === 'superseded').length,
    ...(unasked === undefined ? {} : { unasked }),
  };
  const verified = firstVerified(checks, outcomes);
  await refreshes.recordVerification(refreshId, { ...verification, urls: verified });
  return verification;
}

/**
 * Judges every URL, and those that do not answer again and again, while there is time. Not if one
 * is stale: that settles it.
 */
async function outcomesOf(
  checks: readonly Check[],
  dependencies: JudgeDependencies,
  { pause, millisecondsLeft }: StepTime,
): Promise<Outcome[]> {
  const sample = new Set(sampleOf(checks));
  const outcomeOf = async (check: Check): Promise<Outcome> => {
    if (millisecondsLeft() < RESERVE_MS) return { state: 'unanswered', ...outOfTime(check, dependencies) };
    return judge(check, sample.has(check) ? CLOSE : USUAL, dependencies);
  };
  const outcomes = await mapConcurrently(checks, CONCURRENCY, outcomeOf);
  for (const seconds of PAUSES_SECONDS) {
    const silent = outcomes.flatMap(({ state }, index) => (state === 'unanswered' ? [index] : []));
    if (silent.length === 0 || outcomes.some(({ state }) => state === 'stale')) break;
    if (millisecondsLeft() < seconds * 1000 + RESERVE_MS) break;
    await pause(seconds * 1000);
    await mapConcurrently(silent, CONCURRENCY, async index => {
      const check = checks[index];
      const isTime = millisecondsLeft() >= RESERVE_MS;
      if (check !== undefined && isTime) outcomes[index] = await outcomeOf(check);
    });
  }
  return outcomes;
}

function outOfTime({ requestPath }: Check, { edge }: JudgeDependencies) {
  return { problem: `there was no time left to ask ${edge.host}${requestPath}`, object: undefined };
}

/** Nothing is asked: the site's owner has switched verification off. */
async function recordOff(
  refreshId: string,
  changes: Changes,
  { refreshes, urls }: VerifyDependencies,
): Promise<Verification> {
  const unverified = checksOfChanges(changes.objects, urls).map(({ requestPath }) => requestPath);
  const unasked = {
    code: 'off',
    reason: 'verification is off',
    count: unverified.length,
    urls: unverified.slice(0, MAX_UNASKED_LISTED),
  } as const;
  const verification = { verified: 0, superseded: 0, unasked };
  await refreshes.recordVerification(refreshId, { ...verification, urls: [] });
  return verification;
}

/** It travels through the workflow, whose state has room for 256 KB. */
const MAX_UNASKED_LISTED = 20;

function unaskedIn(checks: readonly Check[], outcomes: readonly Outcome[]): Unasked | undefined {
  const unasked = outcomes.flatMap((outcome, index) =>
    outcome.state === 'unasked' ? [{ ...outcome, url: checks[index]?.requestPath ?? '' }] : [],
  );
  const reasons = [...Map.groupBy(unasked, ({ reason }) => reason).values()];
  const [most] = reasons.toSorted((a, b) => b.length - a.length);
  const [first] = most ?? [];
  if (first === undefined) return undefined;
  const urls = [...new Set(unasked.map(({ url }) => url))].slice(0, MAX_UNASKED_LISTED);
  return { code: first.code, reason: first.reason, count: unasked.length, urls };
}

/** URLs that a record has room for beside its plan. */
const MOST_CHARACTERS = 20_000;

function firstVerified(checks: readonly Check[], outcomes: readonly Outcome[]): string[] {
  const urls = new Set<string>();
  let characters = 0;
  for (const [index, { requestPath }] of checks.entries()) {
    if (outcomes[index]?.state !== 'verified' || urls.has(requestPath)) continue;
    characters += requestPath.length;
    if (urls.size === MAX_LISTED_IN_DETAILS || characters > MOST_CHARACTERS) break;
    urls.add(requestPath);
  }
  return [...urls];
}

/** Fingerprints that a record has room for. An object has few URLs, and a URL two forms. */
const MOST_SHOWN = 20;

async function recordVerified(
  checks: readonly Check[],
  outcomes: readonly Outcome[],
  mark: string,
  records: VerifiedRecords,
): Promise<void> {
  const objects = new Map<Change, Served | undefined>();
  const shown = new Map<Change, Set<string>>();
  const unsure = new Set<Change>();
  for (const [index, { change }] of checks.entries()) {
    const outcome = outcomes[index];
    if (change === undefined || outcome === undefined) continue;
    objects.set(change, outcome.object);
    if (outcome.state !== 'verified') unsure.add(change);
    else if (outcome.shown !== undefined)
      shown.set(change, new Set([...(shown.get(change) ?? []), ...outcome.shown]));
  }
  await mapConcurrently([...objects], CONCURRENCY, async ([change, object]) => {
    const verified = verifiedFrom(object);
    const isSure = change.sequencer !== '' && !unsure.has(change) && isVersionOf(change, verified);
    const others = [...(shown.get(change) ?? [])].slice(0, MOST_SHOWN);
    if (isSure)
      await records.recordVerified(change, mark, {
        ...verified,
        ...(others.length === 0 ? {} : { shown: others }),
      });
  });
}
