import * as z from 'zod/mini';
import { DeploymentRefusedError } from '../errors.ts';
import type { ResourceKind } from './custom-resource.ts';

export interface FoundDistribution {
  /** `d111111abcdef8.cloudfront.net` */
  readonly domainName: string;
  readonly aliases: readonly string[];
  /** What is shown at `/`; '' for nothing in particular. */
  readonly rootObject: string;
  readonly origins: readonly {
    /** Its own, and those of the origin groups that it is in. */
    readonly ids: readonly string[];
    readonly domainName: string;
    readonly path: string;
  }[];
  readonly behaviours: readonly Caching[];
  /** What viewers get in the place of an origin's error; without a page of the distribution's own, the path is empty. */
  readonly errorResponses: readonly {
    readonly errorCode: number;
    readonly responseCode: number;
    readonly pagePath: string;
  }[];
}

/** How one behaviour caches. */
export interface Caching {
  /** Of an origin, or of an origin group. */
  readonly originId: string;
  /** Whether query strings, some at least, are part of its cache key. */
  readonly queryStrings: boolean;
  readonly minTtlSeconds: number;
}

/** What is told of a distribution, each a text that can stand in a JSON text between quotes. */
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

/** A distribution that there is already: checked, and described by its attributes. Nothing is made or removed. */
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

/** @throws DeploymentRefusedError when the distribution does not show the bucket, or shows it in two ways */
export function describe(
  id: string,
  distribution: FoundDistribution | undefined,
  bucket: string,
): Attributes {
  if (distribution === undefined) {
    throw new DeploymentRefusedError(
      `There is no distribution ${id} in this account: aws cloudfront list-distributions shows those that there are.`,
    );
  }
  const { domainName, aliases, origins } = distribution;
  const name = [id, ...aliases].join(', ');
  const showing = origins.filter(origin => isBucketDomain(origin.domainName, bucket));
  const [path, ...otherPaths] = new Set(showing.map(origin => origin.path));
  if (path === undefined) {
    const found = origins.map(origin => origin.domainName).join(', ');
    throw new DeploymentRefusedError(
      `The distribution ${name} does not show the bucket ${bucket}: its origins are ${found}. Give the id of the distribution, or the name of the bucket, that belongs to it.`,
    );
  }
  if (otherPaths.length > 0) {
    throw new DeploymentRefusedError(
      `The distribution ${name} shows the bucket ${bucket} with several origin paths (${[path, ...otherPaths].map(each => each || '/').join(', ')}). One is supported: use the construct AutoInvalidation, and say which.`,
    );
  }
  // Of the behaviours that show the bucket; one is enough, whatever its path pattern, since a path may be doubted but not be missed.
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

/** CloudFront keeps even `no-store` for a minimum TTL above 0. Of one second, AWS's default, nothing is left when a refresh begins. */
const HARMLESS_MIN_TTL_SECONDS = 1;

/** The page that viewers get as if it were what they asked for: '' when the error is shown as one. */
function pageInsteadOf(status: number, { errorResponses }: FoundDistribution): string {
  const rule = errorResponses.find(({ errorCode }) => errorCode === status);
  return rule?.responseCode === 200 ? rule.pagePath : '';
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d';

/** A bucket's endpoints: of the REST API, old and new, and of website hosting (S3 user guide, "Website endpoints"). */
const ENDPOINT = new RegExp(
  `^s3(?:[.-]${REGION}|\\.dualstack\\.${REGION}|-website[.-]${REGION}|-accelerate)?\\.amazonaws\\.com(?:\\.cn)?$`,
);

export function isBucketDomain(domainName: string, bucket: string): boolean {
  return domainName.startsWith(`${bucket}.`) && ENDPOINT.test(domainName.slice(bucket.length + 1));
}
