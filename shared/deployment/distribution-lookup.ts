import * as z from 'zod/mini';
import { DeploymentRefusedError } from '../errors.ts';
import type { ResourceKind } from './custom-resource.ts';

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
  find(distributionId: string): Promise<FoundDistribution | undefined>;
}

const Lookup = z.object({ DistributionId: z.string(), BucketName: z.string() });

/**
 * An existing distribution: checked, and described by its attributes. Nothing is created or
 * removed.
 */
export function distributionLookup(distributions: Distributions): ResourceKind {
  return {
    idOf: properties => Lookup.parse(properties).DistributionId,
    async put(properties) {
      const { DistributionId, BucketName } = Lookup.parse(properties);
      return describe(DistributionId, await distributions.find(DistributionId), BucketName);
    },
    remove: async () => {},
  };
}

/**
 * @throws DeploymentRefusedError if the distribution does not show the bucket, or shows it in two
 *   ways
 */
export function describe(
  id: string,
  distribution: FoundDistribution | undefined,
  bucket: string,
): Attributes {
  if (distribution === undefined) {
    throw new DeploymentRefusedError(
      `There is no distribution ${id} in this account. To list them: aws cloudfront list-distributions`,
    );
  }
  const { domainName, aliases, origins } = distribution;
  const name = [id, ...aliases].join(', ');
  const showing = origins.filter(origin => isBucketDomain(origin.domainName, bucket));
  const [path, ...otherPaths] = new Set(showing.map(origin => origin.path));
  if (path === undefined) {
    const found = origins.map(origin => origin.domainName).join(', ');
    throw new DeploymentRefusedError(
      `The distribution ${name} does not show the bucket ${bucket}: its origins are ${found}. Check the id of the distribution and the name of the bucket.`,
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
