import type { IResolvable } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Mail } from './mail.ts';

/** A distribution that shows the bucket, made by this app or imported. */
export interface SiteDistribution {
  readonly distribution: IDistribution;
  /** `/folder` if the distribution's origin has that path, and so shows only what lies under `folder/`. @default none */
  readonly originPath?: string;
  /**
   * Where the edge is asked whether it is fresh, without a slash at the end: an alias, if a function sends viewers of the
   * distribution's own domain elsewhere.
   * @default https:// and the distribution's own domain
   */
  readonly url?: string;
  /** Whether the site also shows `page.html` as `/page`. @default false */
  readonly extensionlessUrls?: boolean;
  /** The distribution's default root object, shown at `/`: '' if it has none. @default 'index.html' */
  readonly rootObject?: string;
  /**
   * Whether a behaviour that shows the bucket has query strings in its cache key. Then `/app.js?v=3` is kept beside `/app.js`, and only
   * a wildcard purges both. A distribution does not tell, and CDK's default cache policy has none.
   * @default false
   */
  readonly cachesQueryStrings?: boolean | IResolvable;
  /**
   * Whether the minimum TTL of every behaviour that shows the bucket is at most a second, as in CDK's default cache policy. Otherwise
   * edges keep objects served with `no-store`, and their changes must not be skipped.
   * @default true
   */
  readonly honoursNoStore?: boolean | IResolvable;
  /**
   * Paths of the pages that the distribution shows with status 200 in the place of a missing object, as single-page applications
   * do (custom error responses for 403 and 404): `/index.html`. Without them a removed object seems stale.
   * @default none
   */
  readonly errorPages?: readonly string[];
}

/** Who is mailed how refreshes ended. */
export interface MailedReports {
  /** One address, or several with commas between them. */
  readonly notifyEmail: string;
  /** Sender of every mail; SES must have verified it. @default the first address of notifyEmail */
  readonly mailFrom?: string;
  /** Whether SES knows the sender already, so that the stack must not add it. @default false */
  readonly mailFromExists?: boolean;
}

/** Options of the pipeline; each has a default. */
export interface RefreshOptions {
  /** Only keys that begin with one of these belong to the site. @default every key */
  readonly keyPrefixes?: readonly string[];
  /** Patterns of keys that never matter; a `*` stands for any number of characters: `*.map`, `drafts/*`. @default none */
  readonly excludedKeys?: readonly string[];
  /** Whether a refresh that went well is mailed too; a failed one always is. @default 'always' */
  readonly mailWhen?: 'always' | 'failed';
  /** Uploads are over when nothing came for so long. @default 2 */
  readonly quietSeconds?: number;
  /** Looks at a refresh before it closes although uploads go on. @default 30 */
  readonly maxLooks?: number;
  /**
   * Messages per invocation of collect-changes, 500 at most: all collectors together can write 1,000 changes of a refresh a second.
   * Above 10 a batching window is obligatory. @default 10
   */
  readonly batchSize?: number;
  /** How long a batch may fill, 0 to start at once. With a window a lone upload may wait up to 20 s. @default 0 */
  readonly batchWindowSeconds?: number;
  /** What AWS charges for a path beyond the free ones. @default 0.005 */
  readonly pathPriceUsd?: number;
  /** What it is worth not to purge one unchanged object. @default 0.0001 */
  readonly refetchPriceUsd?: number;
  /** AWS gives each account 1,000, for all its distributions together: lower it if others use some. @default 1000 */
  readonly freePathsPerMonth?: number;
  /** How many unchanged objects one refresh may purge to save money; above it, the plan with the fewest needless purges is sent. @default 5000 */
  readonly maxNeedlessPurges?: number;
  /** After so many minutes of refusals a refresh asks for one wildcard instead of its own paths. @default 60 */
  readonly quotaPatienceMinutes?: number;
}

interface Site extends RefreshOptions {
  /** Made by this app or imported; an imported one keeps its other notifications. It must be in the stack's region. */
  readonly bucket: IBucket;
}

/** A bucket, the distribution or distributions that show it, and who is mailed: addresses, or a mail system that there is already. */
export type AutoInvalidationProps = Site &
  (SiteDistribution | { readonly distributions: readonly SiteDistribution[] }) &
  (MailedReports | { readonly mail: Mail });

/**
 * All changes of a refresh lie in one partition of its table, which takes 1,000 writes a second: what two dozen collectors have at the
 * same time must be written before their 30 s are over.
 */
export const LARGEST_BATCH = 500;

export const DEFAULTS = {
  keyPrefixes: [],
  excludedKeys: [],
  mailWhen: 'always',
  quietSeconds: 2,
  maxLooks: 30,
  batchSize: 10,
  batchWindowSeconds: 0,
  pathPriceUsd: 0.005,
  refetchPriceUsd: 0.0001,
  freePathsPerMonth: 1000,
  maxNeedlessPurges: 5000,
  quotaPatienceMinutes: 60,
} as const satisfies Required<RefreshOptions>;
