import { ContendedError } from '../errors.ts';
import type { Refresh } from './refresh.ts';

/*
 * One mail for one deploy. An upload to a bucket that several distributions show is a refresh for
 * each of them. A refresh that ends waits for those that are under way beside it, and the last of
 * them mails for all.
 *
 * Who waits is one item, changed only by compare-and-set: of two refreshes that end together, one
 * comes second and finds the other. Only those that are under way when the first one ends are
 * awaited: a site that is changed all the time still gets its mails.
 *
 * Every step may run twice. Until a mail is in the queue, the item says which refreshes it tells:
 * a repetition makes the same mail, with the same id. Then each record is marked with that id, and
 * only then the item forgets it.
 */

export interface Gathering {
  /** Under way when the first of those that wait ended, and not ended yet. */
  readonly awaited: readonly string[];
  /** Ended, in this order, and told by no mail yet. */
  readonly waiting: readonly string[];
  /** The refreshes told by each mail that is being written, by the one that writes it. */
  readonly mails: Readonly<Record<string, readonly string[]>>;
}

export const NOBODY: Gathering = { awaited: [], waiting: [], mails: {} };

export interface GatheringStore {
  /** By a strongly consistent read. `version` is 0 if there is none yet. */
  read(): Promise<{ readonly gathering: Gathering; readonly version: number }>;
  /** False if another version has been stored since. */
  replace(version: number, gathering: Gathering): Promise<boolean>;
}

export interface MailedRefreshes {
  /** By a strongly consistent read. */
  get(refreshId: string): Promise<Refresh | undefined>;
  /** Notes which mail tells how a refresh ended. */
  recordMailed(refreshId: string, mailId: string): Promise<void>;
}

export interface JointMailDependencies {
  readonly gathering: GatheringStore;
  readonly refreshes: MailedRefreshes;
  /** The refreshes that the other distributions are in, or were in last. */
  readonly beside: (distributionId: string) => Promise<readonly string[]>;
  readonly now: () => Date;
}

/**
 * A refresh that has ended joins within seconds. One that has not after this time never will:
 * nobody waits for it.
 */
const MOST_MINUTES_TO_JOIN = 5;

/** There is one other refresh for each distribution, and each changes the item a few times. */
const MAX_ATTEMPTS = 100;

/**
 * Has a refresh that has ended told together with those of the other distributions: now, or by one
 * of them that ends later. Safe to repeat.
 *
 * @param send puts a mail about refreshes into the queue; resolves to its id, which is the same for
 *   the same refreshes
 * @throws ContendedError
 */
export async function mailTogether(
  refresh: Pick<Refresh, 'id' | 'distributionId'>,
  send: (refreshIds: readonly string[]) => Promise<string>,
  dependencies: JointMailDependencies,
): Promise<void> {
  const told = await join(refresh, dependencies);
  if (told.length > 0) await recordTold(refresh.id, await send(told), dependencies);
}

/** @returns the ids of those that this refresh has to mail now; none if another one does */
async function join(
  { id: refreshId, distributionId }: Pick<Refresh, 'id' | 'distributionId'>,
  { gathering: store, refreshes, beside, now }: JointMailDependencies,
): Promise<readonly string[]> {
  const isUnderWay = async (id: string) => {
    const refresh = await refreshes.get(id);
    if (refresh?.end === undefined) return refresh !== undefined;
    const { at, mailId } = refresh.end;
    return mailId === undefined && Date.parse(at) > now().getTime() - MOST_MINUTES_TO_JOIN * 60_000;
  };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { gathering, version } = await store.read();
    const mine = gathering.mails[refreshId];
    if (mine !== undefined) return mine;
    // Read after the item: whoever mailed has marked the records before the item forgot them.
    const isTold = (await refreshes.get(refreshId))?.end?.mailId !== undefined;
    if (isTold || Object.values(gathering.mails).some(told => told.includes(refreshId))) return [];
    const others = gathering.waiting.length > 0 ? gathering.awaited : await beside(distributionId);
    const next = withEnded(gathering, refreshId, await asyncFilter(others, isUnderWay));
    if (await store.replace(version, next)) return next.mails[refreshId] ?? [];
  }
  throw new ContendedError('Which refreshes wait for one mail', MAX_ATTEMPTS);
}

/** Notes that the mail of a refresh is in the queue. */
async function recordTold(
  refreshId: string,
  mailId: string,
  { gathering: store, refreshes }: JointMailDependencies,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { gathering, version } = await store.read();
    const { [refreshId]: told, ...mails } = gathering.mails;
    if (told === undefined) return;
    for (const id of told) await refreshes.recordMailed(id, mailId);
    if (await store.replace(version, { ...gathering, mails })) return;
  }
  throw new ContendedError('Which refreshes wait for one mail', MAX_ATTEMPTS);
}

/** @param underWay those that a refresh has to wait for, unless they wait themselves */
function withEnded({ waiting, mails }: Gathering, refreshId: string, underWay: readonly string[]): Gathering {
  const ended = waiting.includes(refreshId) ? waiting : [...waiting, refreshId];
  const joined = new Set([...ended, ...Object.values(mails).flat()]);
  const awaited = underWay.filter(id => !joined.has(id));
  if (awaited.length > 0) return { awaited, waiting: ended, mails };
  return { awaited, waiting: [], mails: { ...mails, [refreshId]: ended } };
}

async function asyncFilter<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T[]> {
  const held = await Promise.all(items.map(holds));
  return items.filter((_, index) => held[index]);
}
