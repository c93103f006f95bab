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
  const next = await change(store, async gathering => {
    const isMine = gathering.mails[refreshId] !== undefined;
    if (isMine || Object.values(gathering.mails).some(told => told.includes(refreshId))) return gathering;
    // Read after the item: whoever mailed has marked the records before the item forgot them.
    if ((await refreshes.get(refreshId))?.end?.mailId !== undefined) return gathering;
    const others = gathering.waiting.length > 0 ? gathering.awaited : await beside(distributionId);
    return withEnded(gathering, refreshId, await asyncFilter(others, isUnderWay));
  });
  return next.mails[refreshId] ?? [];
}

/** Notes that the mail of a refresh is in the queue. */
async function recordTold(
  refreshId: string,
  mailId: string,
  { gathering: store, refreshes }: JointMailDependencies,
): Promise<void> {
  await change(store, async gathering => {
    const { [refreshId]: told, ...mails } = gathering.mails;
    if (told === undefined) return gathering;
    for (const id of told) await refreshes.recordMailed(id, mailId);
    return { ...gathering, mails };
  });
}

/**
 * Replaces the item by what is made of it, from its newest version.
 *
 * @param next makes it; the same object if there is nothing to change
 * @returns what is stored in the end
 * @throws ContendedError
 */
async function change(
  store: GatheringStore,
  next: (gathering: Gathering) => Promise<Gathering>,
): Promise<Gathering> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { gathering, version } = await store.read();
    const changed = await next(gathering);
    if (changed === gathering || (await store.replace(version, changed))) return changed;
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
