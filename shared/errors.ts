import { ExpectedError } from './expected-error.ts';

/** A message that no retry can fix. It alone ends up in the dead-letter queue. */
export class InvalidMessageError extends ExpectedError {
  override readonly name = 'InvalidMessage';
}

/** A setting is missing or wrong: correct the deployment. */
export class InvalidSettingsError extends ExpectedError {
  override readonly name = 'InvalidSettings';
}

/** Uploads are still arriving: the refresh cannot close yet. */
export class RefreshNotQuietError extends ExpectedError {
  override readonly name = 'RefreshNotQuiet';

  constructor(refreshId: string) {
    super(`Refresh ${refreshId} received changes since the last look`);
  }
}

/** No record of a refresh that should exist: it expired, or its table was replaced. */
export class UnknownRefreshError extends ExpectedError {
  override readonly name = 'UnknownRefresh';

  constructor(refreshId: string) {
    super(`There is no refresh ${refreshId}`);
  }
}

/** A table's item, or an event, does not have the expected form. */
export class InvalidDataError extends ExpectedError {
  override readonly name = 'InvalidData';

  /** @param what such as `The record of refresh r1` */
  constructor(what: string, problems: string) {
    super(`${what} cannot be understood. ${problems}`);
  }
}

/** Others changed an item between each read and write of it. Try again. */
export class ContendedError extends ExpectedError {
  override readonly name = 'Contended';

  /** @param what the item holds: a sentence's beginning */
  constructor(what: string, attempts: number) {
    super(`${what} changed ${attempts} times while it was being changed`);
  }
}

/** A refresh of a distribution that has been removed from the deployment since. */
export class UnknownDistributionError extends ExpectedError {
  override readonly name = 'UnknownDistribution';

  constructor(distributionId: string) {
    super(`This deployment knows no distribution ${distributionId}`);
  }
}

/** The deployment has not described a distribution yet. That is over in seconds: try again. */
export class UndescribedDistributionError extends ExpectedError {
  override readonly name = 'UndescribedDistribution';

  constructor(distributionId: string) {
    super(
      `How the distribution ${distributionId} shows the bucket is not known yet: its deployment is not over`,
    );
  }
}

/** What was asked for cannot be deployed; the message says what to do about it. */
export class DeploymentRefusedError extends ExpectedError {
  override readonly name = 'DeploymentRefused';
}

/**
 * AWS denies a look at what is to be deployed: for good, or because a new policy is not in force
 * yet. Has the name that AWS itself uses.
 */
export class LookupDeniedError extends ExpectedError {
  override readonly name = 'AccessDenied';
}

/** The receiver of a webhook did not take it. The queue delivers it again later. */
export class WebhookRefusedError extends ExpectedError {
  override readonly name = 'WebhookRefused';

  /** @param how it refused: a sentence without its full stop */
  constructor(how: string, options?: ErrorOptions) {
    super(`The webhook's receiver did not take it. ${how}`, options);
  }
}

/** A prop of the construct that names secrets. */
export type SecretProp = 'verificationHeaders' | 'webhook';

/** A secret that a prop names cannot be used; the message says what to do. */
export class SecretUnusableError extends ExpectedError {
  override readonly name = 'SecretUnusable';

  /** @param advice must say nothing of the secret's value */
  constructor(
    secret: string,
    advice: string,
    { prop = 'verificationHeaders', ...options }: ErrorOptions & { prop?: SecretProp } = {},
  ) {
    super(`The secret ${secret} of ${prop} cannot be used. ${advice}`, options);
  }
}

/** EventBridge took a request, but not the event in it. */
export class EventRefusedError extends ExpectedError {
  override readonly name = 'EventRefused';

  constructor(reason: string) {
    super(`EventBridge did not take the event of a refresh's end. ${reason}`);
  }
}

/** A collector kept losing the race for the open refresh. The queue redelivers the batch. */
export class NoOpenRefreshError extends ExpectedError {
  override readonly name = 'NoOpenRefresh';

  constructor(attempts: number) {
    super(`No refresh stayed open long enough to take the changes, in ${attempts} attempts`);
  }
}

/**
 * CloudFront takes no more invalidations until earlier ones complete (3,000 exact and 15 wildcard
 * paths may be in progress), or until requests come more slowly. Has the name that CloudFront
 * itself uses.
 */
export class QuotaExceededError extends ExpectedError {
  override readonly name = 'TooManyInvalidationsInProgress';

  constructor(cause: unknown, message = 'CloudFront takes no more invalidations for now') {
    super(message, { cause });
  }
}

/**
 * S3 does not let this program see the site's objects, and would not at a second try either. Has
 * the name that S3 itself uses.
 */
export class BucketDeniedError extends ExpectedError {
  override readonly name = 'AccessDenied';

  constructor(bucket: string, key: string, options?: ErrorOptions) {
    super(
      `S3 answers 403 to HeadObject of ${key} in ${bucket}. A bucket policy that denies all readers but CloudFront must except the functions of this deployment, for example by aws:PrincipalArn; a key of KMS must let them decrypt`,
      options,
    );
  }
}

/** URLs of the edge that did not answer, however often they were asked. */
export class EdgeUnreachableError extends ExpectedError {
  override readonly name = 'EdgeUnreachable';

  /** @param problems one per URL: `https://…/a.css did not answer: connect ECONNREFUSED …` */
  constructor(problems: readonly string[]) {
    const [first = '', ...others] = problems;
    const more = others.length === 1 ? '1 other URL' : `${others.length} other URLs`;
    super(others.length === 0 ? first : `${first} (and ${more})`);
  }
}

/**
 * The invalidation completed, but the edge still serves something other than what the bucket holds.
 */
export class EdgeStaleError extends ExpectedError {
  override readonly name = 'EdgeStale';
  readonly urls: readonly string[];

  constructor(urls: readonly string[]) {
    const shown = urls.slice(0, 5).join(', ');
    super(
      `The edge still serves old content for ${urls.length} URLs: ${shown}${urls.length > 5 ? ' …' : ''}`,
    );
    this.urls = urls;
  }
}
