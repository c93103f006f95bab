import { randomInt } from 'node:crypto';
import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableMap, DurableStore } from '../../kernel/durable-map.ts';
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
  return new KeptInvalidations(options);
}

class KeptInvalidations implements Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #stored: DurableMap<Invalidation>;
  /** By id, oldest first. */
  readonly #known: Map<string, Invalidation>;
  readonly #timers = createTimers();
  readonly #stopping = new AbortController();

  constructor(options: InvalidationsOptions) {
    this.#options = options;
    this.#stored = options.store.map<Invalidation>('cloudfront-invalidations');
    this.#known = new Map(this.#stored.values().map(invalidation => [invalidation.id, invalidation]));
    // Caches do not survive a restart: what was in progress only has to become `Completed`.
    for (const invalidation of this.#known.values()) {
      if (invalidation.status === 'Completed' || invalidation.completesAt === null) continue;
      this.#timers.after(invalidation.completesAt - options.now(), () => this.#complete(invalidation));
    }
  }

  create(distributionId: string, callerReference: string, paths: readonly string[]): Invalidation {
    if (paths.length > MAX_EXACT_PATHS_IN_PROGRESS) {
      throw new AwsError('BatchTooLarge', 'Your request contains too many invalidation paths.', 413);
    }
    for (const path of paths) assertInvalidationPath(path);
    const earlier = this.#ofDistribution(distributionId);
    const same = earlier.find(each => each.callerReference === callerReference);
    if (same !== undefined) return sameBatch(same, paths);
    assertWithinQuota(earlier, paths);

    const delay = this.#options.delayMs();
    const createdAt = this.#options.now();
    const invalidation: Invalidation = {
      id: newId(),
      distributionId,
      status: 'InProgress',
      callerReference,
      paths,
      createdAt,
      completesAt: typeof delay === 'number' ? createdAt + delay : null,
    };
    this.#save(invalidation);
    this.#schedule(invalidation, delay);
    return invalidation;
  }

  get(distributionId: string, id: string): Invalidation | undefined {
    const invalidation = this.#known.get(id);
    return invalidation?.distributionId === distributionId ? invalidation : undefined;
  }

  list(distributionId: string): Invalidation[] {
    return this.#ofDistribution(distributionId).reverse();
  }

  stop(): void {
    this.#stopping.abort();
    this.#timers.clear();
  }

  #ofDistribution(distributionId: string): Invalidation[] {
    return [...this.#known.values()].filter(each => each.distributionId === distributionId);
  }

  /** A purge always precedes its completion. */
  #schedule(invalidation: Invalidation, delay: CompletionDelay): void {
    if (delay === null) return;
    const { distributionId, paths } = invalidation;
    const takeEffect = () => this.#options.takeEffect(distributionId, paths);
    if (typeof delay === 'number')
      this.#timers.after(delay / 2, () => {
        takeEffect();
        this.#timers.after(delay / 2, () => this.#complete(invalidation));
      });
    else
      void delay.then(() => {
        if (this.#stopping.signal.aborted) return;
        takeEffect();
        this.#complete(invalidation);
      });
  }

  #complete(invalidation: Invalidation): void {
    this.#save({ ...invalidation, status: 'Completed' });
    const completed = [...this.#known.values()].filter(({ status }) => status === 'Completed');
    for (const { id } of completed.slice(0, -COMPLETED_KEPT)) {
      this.#known.delete(id);
      this.#stored.delete(id);
    }
  }

  #save(invalidation: Invalidation): void {
    this.#known.set(invalidation.id, invalidation);
    this.#stored.set(invalidation.id, invalidation);
    const { id, distributionId, status, paths } = invalidation;
    this.#options.journal.record({ kind: 'invalidation', id, distributionId, status, paths });
  }
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
