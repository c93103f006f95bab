import type { Description } from './description.ts';
import type { Told } from './told.ts';

/** What has changed of a distribution, and what that may have made old. */
export interface SiteChange {
  /** For people: `origin path /v1 → /v2`. */
  readonly what: string;
  /** An invalidation path. */
  readonly path: string;
}

/** What is known of a distribution, from its owner and from CloudFront. */
export interface KnownDistribution {
  readonly told: Told;
  readonly description: Description;
  /** Counts the writes of this record. */
  readonly version: number;
  /** Changes that no refresh was asked for yet. */
  readonly pending: readonly SiteChange[];
  /** How many refreshes the changes of one UTC day have asked for. */
  readonly asked: { readonly day: string; readonly count: number };
}

export interface KnownDistributions {
  /** By a strongly consistent read. @throws UndescribedDistributionError */
  get(id: string): Promise<KnownDistribution>;
  /** The same; undefined if it has not been described yet. */
  find(id: string): Promise<KnownDistribution | undefined>;
  /**
   * Writes a record with the next version.
   *
   * @returns false if it is not at the version before that any more
   */
  put(id: string, next: KnownDistribution): Promise<boolean>;
}
