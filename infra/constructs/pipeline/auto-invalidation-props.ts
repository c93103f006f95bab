import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Mail } from './mail.ts';
import type { WebhookOptions } from './webhook-options.ts';

// README.md in this folder shows these comments as tables: after a change, `npm run props`.

/** A distribution that shows the bucket. */
export interface SiteDistribution {
  /** Made by this app or imported. */
  readonly distribution: IDistribution;

  /**
   * Where the edge is asked whether it is fresh: `https://` and a host, nothing after it. Name the
   * site's own host here if the distribution's domain is blocked or redirected.
   * @default - `https://` and the distribution's own domain
   */
  readonly url?: string;

  /**
   * Whether the edge is asked at all. Without it, a refresh ends when CloudFront has completed the
   * invalidation, and is reported as not verified.
   * @default true
   */
  readonly verify?: boolean;

  /**
   * Headers of each request to the edge, by name, such as `authorization`. Only the verifying
   * function may read their secrets, and it sends them only to the site itself.
   * @default - none
   */
  readonly verificationHeaders?: Readonly<Record<string, VerificationHeader>>;

  /**
   * Whether the site also shows `page.html` as `/page`.
   * @default false
   */
  readonly extensionlessUrls?: boolean;

  /**
   * Further URLs of objects, where a function shows them under other names: by pattern of keys. A
   * `*` in a pattern is any number of characters, and `$1` in a URL is what the first one stands
   * for: `{ 'en/*': ['/$1'] }`. A `*` at the end of a URL covers every variant: `{ 'img/*':
   * ['/img/$1*'] }`. Nothing in it says that no function changes URLs.
   * @default - none, and mails say so if there is a function that may change URLs
   */
  readonly urls?: Readonly<Record<string, readonly string[]>>;

  /**
   * The key of the object that a function shows at URLs that name no object, as single-page
   * applications do: `index.html`. When it changes, every URL is purged. Custom error responses are
   * found without it.
   * @default - none
   */
  readonly spaFallback?: string;
}

/** The value of a header that verification sends. */
export interface VerificationHeader {
  /** Holds the value: all of it, such as `Basic dXNlcjpwYXNzd29yZA==`. */
  readonly secret: ISecret;

  /**
   * The member that holds the value, if the secret is a JSON object.
   * @default - the whole secret
   */
  readonly field?: string;
}

/** Who is told how refreshes ended. Either `emails` or `mail` is needed. */
export interface Notify {
  /**
   * Addresses that get the mails, 1 to 50.
   * @default - those of `mail`
   */
  readonly emails?: readonly string[];

  /**
   * Sender of every mail: best an address of a domain that SES has verified. SES sends a link to
   * any other, which must be followed once.
   * @default - the first of `emails`
   */
  readonly from?: string;

  /**
   * Region whose SES sends the mails, and knows the sender. Some regions have no SES.
   * @default - the stack's
   */
  readonly region?: string;

  /**
   * Mails of another pipeline in the app, or a `Mail` made before, to share its queue and its
   * function.
   * @default - mails of its own, for `emails`
   */
  readonly mail?: Mail;

  /**
   * Whether a refresh that went well is mailed too. A failed one always is. Why the edge could not
   * be asked is mailed once with `'failed'`, and again only when the reason is another one, or
   * after a refresh that was verified.
   * @default 'always'
   */
  readonly when?: 'always' | 'failed';
}

/** Options of the pipeline. Each has a default. */
export interface RefreshOptions {
  /**
   * Only keys that begin with one of these belong to the site.
   * @default - every key
   */
  readonly keyPrefixes?: readonly string[];

  /**
   * Patterns of keys that never matter. A `*` stands for any number of characters: `*.map`,
   * `drafts/*`.
   * @default - none
   */
  readonly excludedKeys?: readonly string[];

  /**
   * How the bucket's events come: as notifications, or through EventBridge, for a bucket whose
   * notifications others have taken. It costs a dollar for each million events of the bucket. S3
   * takes about five minutes to begin.
   * @default 'notifications'
   */
  readonly events?: 'notifications' | 'eventbridge';

  /**
   * Names of metadata that is no change: an object that only got another value costs no path.
   * Browsers get metadata as `x-amz-meta-` headers, and may keep former values of these. By default
   * it is what rclone, s3cmd and file systems store: mtime, atime, ctime, btime, mode, uid, gid,
   * md5chksum, s3cmd-attrs. With an empty list all metadata counts.
   * @default - those of upload tools
   */
  readonly ignoredMetadata?: readonly string[];

  /**
   * How long nothing must be uploaded before a deploy counts as finished: 1 to 60 seconds.
   * @default Duration.seconds(2)
   */
  readonly quietPeriod?: Duration;

  /**
   * How often the pipeline looks for that quiet period before it refreshes while uploads go on: 1
   * to 1000.
   * @default 30
   */
  readonly maxLooks?: number;

  /**
   * Messages per invocation of the collecting function, 1 to 500. More than 10 need a
   * `batchWindow`.
   * @default 10
   */
  readonly batchSize?: number;

  /**
   * How long Lambda may fill a batch, up to 300 seconds. With a window, a lone upload may wait up
   * to 20 seconds.
   * @default Duration.seconds(0)
   */
  readonly batchWindow?: Duration;

  /**
   * How many collecting functions may run at once, 2 to 24. Without a limit, a large upload would
   * use up the account's concurrent executions. A new account has ten.
   * @default 5
   */
  readonly maxCollectors?: number;

  /**
   * What AWS charges for an invalidation path beyond the free ones, in US dollars.
   * @default 0.005
   */
  readonly pathPriceUsd?: number;

  /**
   * What it is worth not to purge one unchanged object, in US dollars. By default half of it is
   * what S3 charges to fill CloudFront's regional caches again, and half is for visitors who wait.
   * @default 0.00001
   */
  readonly refetchPriceUsd?: number;

  /**
   * AWS gives each account 1,000 free paths a month, for all its distributions together. Lower it
   * if others use some.
   * @default 1000
   */
  readonly freePathsPerMonth?: number;

  /**
   * How many paths the pipeline may ask for in a calendar month (UTC), at least 1. A refresh whose
   * paths would exceed it asks for the single wildcard that covers them all, so that nothing stays
   * stale, and its mail says so. Those single paths are not limited.
   * @default - no limit
   */
  readonly maxPathsPerMonth?: number;

  /**
   * How many unchanged objects one refresh may purge to save money, at whatever price. For origins
   * that many requests at once would harm, which S3 is not. Where no plan purges so few, the limit
   * does not count. `npm run plan`, mails and the page tell what it costs.
   * @default - no limit
   */
  readonly maxNeedlessPurges?: number;

  /**
   * How many pages of a thousand keys one refresh may list to plan its paths, for half a cent per
   * 1,000 pages. Beyond them it estimates how many objects a wildcard purges.
   * @default 2000
   */
  readonly maxListRequests?: number;

  /**
   * How long CloudFront may refuse a refresh its own paths, because too many invalidations are in
   * progress, before the refresh asks for a single wildcard instead. Whole minutes.
   * @default Duration.minutes(60)
   */
  readonly quotaPatience?: Duration;

  /**
   * How often each distribution is looked at again. What a change of its configuration has made old
   * is refreshed: another origin path, policy, function or error page. Whole minutes.
   * @default Duration.minutes(15)
   */
  readonly watchInterval?: Duration;

  /**
   * Memory of each function of the pipeline, in MB. More memory also buys more CPU.
   * @default - 512; 1,769 for the function that plans, which come with a whole processor
   */
  readonly memorySize?: number;

  /**
   * How long the logs of the functions and of the state machine are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * What becomes of the table of refreshes when the stack is deleted. It holds work in progress and
   * 90 days of history.
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** A bucket, the distributions that show it, and who is told. */
export interface AutoInvalidationProps extends RefreshOptions {
  /**
   * Made by this app or imported. An imported one keeps its other notifications, and must be in the
   * stack's region. If KMS encrypts its objects with a key of your own, import it with
   * `Bucket.fromBucketAttributes` and that `encryptionKey`: the pipeline may then decrypt them.
   */
  readonly bucket: IBucket;

  /** Every distribution that is to be refreshed: at least one. */
  readonly distributions: readonly SiteDistribution[];

  /** Who is told how refreshes ended. */
  readonly notify: Notify;

  /**
   * Has the end of each refresh posted to an address, signed.
   * @default - nothing is posted
   */
  readonly webhook?: WebhookOptions;
}
