import * as z from 'zod/mini';
import { DeploymentRefusedError, LookupDeniedError } from '../errors.ts';
import { isBucketDomain } from '../sites/describe.ts';
import type { DistributionReader, FoundDistribution } from '../sites/found-distribution.ts';
import type { ResourceKind } from './custom-resource.ts';
import { type Buckets, checkBucket, checkReading } from './site-bucket-check.ts';

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
export function distributionLookup(distributions: DistributionReader, buckets: Buckets): ResourceKind {
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
 *   if it is multi-tenant, or if it shows it in two ways
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
  if (distribution.isMultiTenant) {
    throw new DeploymentRefusedError(
      `The distribution ${name} is multi-tenant: its content is shown by the distributions of its tenants, each of which has invalidations of its own. That is not supported. Deploy again with the id of a standard distribution: -c distributionId=ID. ${TO_LIST}`,
    );
  }
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
    CachesQueryStrings: String(behaviours.some(({ caching }) => caching.queryStrings)),
    HonoursNoStore: String(
      behaviours.every(({ caching }) => caching.minTtlSeconds <= HARMLESS_MIN_TTL_SECONDS),
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
