import type { BucketNotifications } from '../../../../shared/deployment/bucket-notifications.ts';
import type { Buckets } from '../../../../shared/deployment/site-bucket-check.ts';
import type { Edge } from '../../../../shared/refresh/edge-answer.ts';
import type { DistributionReader } from '../../../../shared/sites/found-distribution.ts';
import type { Caller, ExistingStack } from './account.ts';
import type { DistributionState } from './distribution.ts';
import type { MailAccount, MailIdentity, SetState } from './mail.ts';

/**
 * The account to deploy to. Each question fails with UnansweredError if nobody answers it, and
 * changes nothing.
 */
export interface Account {
  /** @returns why there is none, if the credentials are not valid */
  caller(): Promise<Caller | { readonly refusal: string }>;
  /** @returns undefined if the region is not bootstrapped */
  bootstrapVersion(): Promise<number | undefined>;
  stack(name: string): Promise<ExistingStack | undefined>;
  /** Names and ids of what a stack made; none if there is no such stack. */
  resourcesOf(stackName: string): Promise<ReadonlySet<string>>;
  hasTable(name: string): Promise<boolean>;
  hasDashboard(name: string): Promise<boolean>;
  hasDistributions(): Promise<boolean>;
  concurrency(): Promise<{ readonly total: number; readonly unreserved: number }>;
}

/** SES in the region of the mails. */
export interface Mails {
  account(): Promise<MailAccount>;
  /** @param name an address or a domain */
  find(name: string): Promise<MailIdentity | undefined>;
  configurationSet(name: string): Promise<SetState>;
}

/** The site that there is already. */
export interface Site {
  readonly buckets: Buckets;
  readonly notifications: BucketNotifications;
  /** JSON; undefined if the bucket has none. */
  bucketPolicy(bucket: string): Promise<string | undefined>;
  readonly distributions: DistributionReader;
  distribution(id: string): Promise<DistributionState | 'missing'>;
  /** With the headers of the deployment, whose secrets it reads. */
  openEdge(url: string): Promise<Edge>;
}

export interface Ports {
  readonly account: Account;
  readonly mails: Mails;
  readonly site: Site;
}
