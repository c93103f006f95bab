import { randomInt } from 'node:crypto';
import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import { assertInvalidationPath, isWildcard } from './invalidation-paths.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html */
const MAX_EXACT_PATHS_IN_PROGRESS = 3000;
const MAX_WILDCARD_PATHS_IN_PROGRESS = 15;

/**
 * How many completed ones can still be listed. AWS does not say how many it keeps; here it bounds
 * memory and disk.
 */
const COMPLETED_KEPT = 300;

export interface Invalidation {
  readonly id: string;
  readonly distributionId: string;
  readonly status: 'InProgress' | 'Completed';
  readonly callerReference: string;
  readonly paths: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Null: never. */
  readonly completesAt: number | null;
}

/**
 * From creation to `Completed`, in milliseconds; caches are purged after half of it. Null: never. A
 * promise: when it resolves, unless the local cloud has stopped by then.
 */
export type CompletionDelay = number | null | Promise<unknown>;

export interface InvalidationsOptions {
  readonly store: DurableStore;
  readonly journal: Journal;
  readonly now: () => number;
  readonly delayMs: () => CompletionDelay;
  /** Purges every cache; called before the invalidation is reported as `Completed`. */
  readonly takeEffect: (distributionId: string, paths: readonly string[]) => void;
}

export interface Invalidations {
  /** @throws AwsError as CreateInvalidation does */
  create(distributionId: string, callerReference: string, paths: readonly string[]): Invalidation;
  get(distributionId: string, id: string): Invalidation | undefined;
  /** Newest first. */
  list(distributionId: string): Invalidation[];
  stop(): void;
}

export function createInvalidations(options: InvalidationsOptions): Invalidations {
  const { journal, now } = options;
  const stored = options.store.map<Invalidation>('cloudfront-invalidations');
  const known = new Map(stored.values().map(invalidation => [invalidation.id, invalidation]));
  const timers = createTimers();
  let isStopped = false;

  function save(invalidation: Invalidation): void {
    known.set(invalidation.id, invalidation);
    stored.set(invalidation.id, invalidation);
    const { id, distributionId, status, paths } = invalidation;
    journal.record({ kind: 'invalidation', id, distributionId, status, paths });
  }

  function complete(invalidation: Invalidation): void {
    save({ ...invalidation, status: 'Completed' });
    const completed = [...known.values()].filter(({ status }) => status === 'Completed');
    for (const { id } of completed.slice(0, -COMPLETED_KEPT)) {
      known.delete(id);
      stored.delete(id);
    }
  }

  // Caches do not survive a restart: only the status of what was in progress has to be completed.
  for (const invalidation of known.values()) {
    if (invalidation.status === 'Completed' || invalidation.completesAt === null) continue;
    timers.after(invalidation.completesAt - now(), () => complete(invalidation));
  }

  /** A purge always precedes its completion. */
  function schedule(invalidation: Invalidation, delay: CompletionDelay): void {
    if (delay === null) return;
    const { distributionId, paths } = invalidation;
    const takeEffect = () => options.takeEffect(distributionId, paths);
    if (typeof delay === 'number')
      timers.after(delay / 2, () => {
        takeEffect();
        timers.after(delay / 2, () => complete(invalidation));
      });
    else
      void delay.then(() => {
        if (isStopped) return;
        takeEffect();
        complete(invalidation);
      });
  }

  function ofDistribution(distributionId: string): Invalidation[] {
    return [...known.values()].filter(each => each.distributionId === distributionId);
  }

  return {
    create(distributionId, callerReference, paths) {
      if (paths.length > MAX_EXACT_PATHS_IN_PROGRESS) {
        throw new AwsError('BatchTooLarge', 'Your request contains too many invalidation paths.', 413);
      }
      for (const path of paths) assertInvalidationPath(path);
      const earlier = ofDistribution(distributionId);
      const same = earlier.find(each => each.callerReference === callerReference);
      if (same !== undefined) return sameBatch(same, paths);
      assertWithinQuota(earlier, paths);

      const delay = options.delayMs();
      const createdAt = now();
      const invalidation: Invalidation = {
        id: newId(),
        distributionId,
        status: 'InProgress',
        callerReference,
        paths,
        createdAt,
        completesAt: typeof delay === 'number' ? createdAt + delay : null,
      };
      save(invalidation);
      schedule(invalidation, delay);
      return invalidation;
    },
    get(distributionId, id) {
      const invalidation = known.get(id);
      return invalidation?.distributionId === distributionId ? invalidation : undefined;
    },
    list: distributionId => ofDistribution(distributionId).reverse(),
    stop() {
      isStopped = true;
      timers.clear();
    },
  };
}

/** Timers that end together. */
function createTimers() {
  const timers = new Set<NodeJS.Timeout>();
  return {
    /** At once if the time has passed already. */
    after(milliseconds: number, action: () => void): void {
      if (milliseconds <= 0) {
        action();
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        action();
      }, milliseconds);
      timers.add(timer);
    },
    clear(): void {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

function sameBatch(earlier: Invalidation, paths: readonly string[]): Invalidation {
  const isSame = paths.length === earlier.paths.length && paths.every((path, i) => path === earlier.paths[i]);
  if (isSame) return earlier;
  throw new AwsError(
    'InvalidationBatchAlreadyExists',
    'There is already an invalidation batch with this caller reference but different paths.',
  );
}

function assertWithinQuota(earlier: readonly Invalidation[], paths: readonly string[]): void {
  const open = earlier.filter(each => each.status === 'InProgress').flatMap(each => each.paths);
  const wildcards = [...open, ...paths].filter(isWildcard).length;
  const exact = open.length + paths.length - wildcards;
  const hasNewWildcard = paths.some(isWildcard);
  const hasNewExact = !paths.every(isWildcard);
  // The two quotas are independent: a full one refuses only batches that add to it.
  if (hasNewWildcard && wildcards > MAX_WILDCARD_PATHS_IN_PROGRESS) {
    throw tooMany('in-progress wildcard invalidations');
  }
  if (hasNewExact && exact > MAX_EXACT_PATHS_IN_PROGRESS) throw tooMany('in-progress invalidations');
}

function tooMany(what: string): AwsError {
  return new AwsError(
    'TooManyInvalidationsInProgress',
    `Processing your request will cause you to exceed the maximum number of ${what}.`,
  );
}

function newId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return `I${Array.from({ length: 25 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}
