import * as z from 'zod/mini';
import { UnknownDistributionError } from '../errors.ts';

/** A distribution's origin path: empty, or `/folder` without a slash at the end. */
export const OriginPath = z
  .string()
  .check(z.regex(/^(\/.*[^/])?$/, 'must be empty or begin with / and not end with it'));

/** A boolean serialised by CloudFormation. */
const Flag = z.pipe(
  z.enum(['true', 'false']),
  z.transform(text => text === 'true'),
);

/** How the distribution maps URLs to objects: `UrlRules` of planning/viewer-urls.ts. */
const Urls = z.strictObject({
  originPath: z._default(OriginPath, ''),
  extensionless: z._default(z.boolean(), false),
  rootObject: z._default(z.string(), 'index.html'),
  cachesQueryStrings: z._default(Flag, false),
});

/** A value in Secrets Manager. */
const SecretValue = z.strictObject({
  /** ARN or name of the secret. */
  secret: z.string().check(z.minLength(1)),
  /** Which member of its JSON; the whole text if absent. */
  field: z.optional(z.string().check(z.minLength(1))),
});
export type SecretValue = z.infer<typeof SecretValue>;

/**
 * A distribution that shows the site bucket, and whatever decides what is purged, skipped and
 * verified there. Most members have a default, because a Lambda's environment holds only 4 KB.
 */
export const Distribution = z.strictObject({
  id: z.string().check(z.minLength(1)),
  /** Where viewers reach it, without a slash at the end. */
  url: z.url(),
  urls: z.prefault(Urls, {}),
  /** Whether no edge keeps an object that is served with `no-store`; see served.ts. */
  honoursNoStore: z._default(Flag, true),
  /**
   * URL paths of the pages that viewers get, with status 200, where the bucket answers 403 or 404.
   * Single-page applications have such custom error responses. Empty strings stand for none.
   */
  errorPages: z._default(z.array(z.string()), []),
  /** Whether the edge is asked at all. */
  verify: z._default(Flag, true),
  /** Headers of each request to the edge, by name. Their values are kept in Secrets Manager. */
  verificationHeaders: z._default(z.record(z.string(), SecretValue), {}),
});
export type Distribution = z.infer<typeof Distribution>;

/** Every distribution that shows the site bucket. */
export const Distributions = z.array(Distribution).check(z.minLength(1, 'must name at least one'));

/**
 * Makes something for each distribution.
 *
 * @returns finds what was made by the id of its distribution, and throws UnknownDistributionError
 *   for any other
 */
export function byDistribution<T>(
  distributions: readonly Distribution[],
  make: (distribution: Distribution) => T,
): (distributionId: string) => T {
  const made = new Map(distributions.map(distribution => [distribution.id, make(distribution)]));
  return distributionId => {
    const found = made.get(distributionId);
    if (found === undefined) throw new UnknownDistributionError(distributionId);
    return found;
  };
}
