import * as z from 'zod/mini';
import { DeploymentRefusedError, LookupDeniedError } from '../errors.ts';
import type { ResourceKind } from './custom-resource.ts';
import { type Buckets, checkBucket, checkReading } from './site-bucket-check.ts';

export interface FoundDistribution {
  /** `d111111abcdef8.cloudfront.net` */
  readonly domainName: string;
  readonly aliases: readonly string[];
  /** The object shown at `/`; '' if there is none. */
  readonly rootObject: string;
  readonly origins: readonly {
    /** Its own id, and those of the origin groups that it is in. */
    readonly ids: readonly string[];
    readonly domainName: string;
    readonly path: string;
  }[];
  readonly behaviours: readonly Caching[];
  /**
   * What viewers get instead of an origin's error. The path is empty if the distribution has no
   * page of its own for it.
   */
  readonly errorResponses: readonly {
    readonly errorCode: number;
    readonly responseCode: number;
    readonly pagePath: string;
  }[];
}

/** How one behaviour caches. */
export interface Caching {
  /** The id of an origin, or of an origin group. */
  readonly originId: string;
  /** Whether any query strings are part of its cache key. */
  readonly queryStrings: boolean;
  readonly minTtlSeconds: number;
}

/** What is reported about a distribution. Each value can stand between quotes in JSON. */
export const ATTRIBUTES = [
  'DomainName',
  'OriginPath',
  'RootObject',
  'ErrorPage403',
  'ErrorPage404',
  'CachesQueryStrings',
  'HonoursNoStore',
] as const;
export type Attributes = Readonly<Record<(typeof ATTRIBUTES)[number], string>>;

export interface Distributions {
  /** @returns `denied` if CloudFront does not let the caller see it, `missing` if there is none */
  find(distributionId: string): Promise<FoundDistribution | 'missing' | 'denied'>;
}

const Lookup = z.object({
  DistributionId: z.string(),
  BucketName: z.string(),
  Account: z.string(),
  BucketKeyArn: z._default(z.string(), ''),
  /** Names of the roles that the deployment makes, as a pattern. */
  Roles: z.string(),
});

/**
 * An existing distribution and its bucket: checked, and described by its attributes. Nothing is
 * created or removed.
 */
export function distributionLookup(distributions: Distributions, buckets: Buckets): ResourceKind {
  return {
    idOf: properties => Lookup.parse(properties).DistributionId,
    async put(properties) {
      const { DistributionId, BucketName, Account, BucketKeyArn, Roles } = Lookup.parse(properties);
      const bucket = { bucket: BucketName, account: Account };
      await checkBucket({ ...bucket, bucketKeyArn: BucketKeyArn }, buckets);
      const found = await distributions.find(DistributionId);
      const attributes = describe(DistributionId, found, bucket);
      const folder = attributes.OriginPath === '' ? '' : `${attributes.OriginPath.slice(1)}/`;
      await checkReading({ ...bucket, folder, roles: Roles }, buckets);
      return attributes;
    },
    remove: async () => {},
  };
}

/** At most 500 characters of a refusal are shown. */
const TO_LIST =
  "To list them with their origins: aws cloudfront list-distributions --query 'DistributionList.Items[].[Id,Origins.Items[].DomainName]'";

/**
 * @throws DeploymentRefusedError if there is no such distribution, if it does not show the bucket,
 *   or if it shows it in two ways
 * @throws LookupDeniedError if CloudFront denies looking; a new policy may not be in force yet
 */
export function describe(
  id: string,
  distribution: FoundDistribution | 'missing' | 'denied',
  { bucket, account }: { readonly bucket: string; readonly account: string },
): Attributes {
  if (distribution === 'missing') {
    throw new DeploymentRefusedError(
      `There is no distribution ${id} in the account ${account}. Deploy again with another -c distributionId=ID, or with the credentials of its account. ${TO_LIST}`,
    );
  }
  if (distribution === 'denied') {
    throw new LookupDeniedError(
      `CloudFront denies looking at the distribution ${id}: it is not one of the account ${account}, or a policy forbids it. ${TO_LIST}`,
    );
  }
  const { domainName, aliases, origins } = distribution;
  const name = [id, ...aliases].join(', ');
  const showing = origins.filter(origin => isBucketDomain(origin.domainName, bucket));
  const [path, ...otherPaths] = new Set(showing.map(origin => origin.path));
  if (path === undefined) {
    const found = origins.map(origin => origin.domainName).join(', ');
    throw new DeploymentRefusedError(
      `The distribution ${name} does not show the bucket ${bucket}: its origins are ${found}. Deploy again with another -c distributionId=ID or -c bucket=NAME. ${TO_LIST}`,
    );
  }
  if (otherPaths.length > 0) {
    throw new DeploymentRefusedError(
      `The distribution ${name} shows the bucket ${bucket} with several origin paths (${[path, ...otherPaths].map(each => each || '/').join(', ')}). Only one is supported: use the construct AutoInvalidation, and say which.`,
    );
  }
  // Of the behaviours that show the bucket, whatever their path patterns, one is enough: purging
  // too much is safe, too little is not.
  const ids = new Set(showing.flatMap(origin => origin.ids));
  const behaviours = distribution.behaviours.filter(({ originId }) => ids.has(originId));
  return {
    DomainName: domainName,
    OriginPath: path,
    RootObject: inJson(distribution.rootObject),
    ErrorPage403: inJson(pageInsteadOf(403, distribution)),
    ErrorPage404: inJson(pageInsteadOf(404, distribution)),
    CachesQueryStrings: String(behaviours.some(({ queryStrings }) => queryStrings)),
    HonoursNoStore: String(
      behaviours.every(({ minTtlSeconds }) => minTtlSeconds <= HARMLESS_MIN_TTL_SECONDS),
    ),
  };
}

/**
 * With a minimum TTL above 0, CloudFront keeps even `no-store`. One second, AWS's default, is over
 * before a refresh begins.
 */
const HARMLESS_MIN_TTL_SECONDS = 1;

/** The page that viewers get with status 200 instead of an error; '' if they get the error. */
function pageInsteadOf(status: number, { errorResponses }: FoundDistribution): string {
  const rule = errorResponses.find(({ errorCode }) => errorCode === status);
  return rule?.responseCode === 200 ? rule.pagePath : '';
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d';

/**
 * A bucket's endpoints, of the REST API, old and new, and of website hosting (S3 user guide,
 * "Website endpoints").
 */
const ENDPOINT = new RegExp(
  `^s3(?:[.-]${REGION}|\\.dualstack\\.${REGION}|-website[.-]${REGION}|-accelerate)?\\.amazonaws\\.com(?:\\.cn)?$`,
);

export function isBucketDomain(domainName: string, bucket: string): boolean {
  return domainName.startsWith(`${bucket}.`) && ENDPOINT.test(domainName.slice(bucket.length + 1));
}
