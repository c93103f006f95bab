import type { Behaviour, Description, Website } from './description.ts';
import type { FoundBehaviour, FoundDistribution, FoundOrigin, WebsiteReader } from './found-distribution.ts';

/**
 * How a distribution shows the objects of a bucket.
 *
 * @param website the bucket's website configuration, if it is shown as a website
 */
export function describe(
  { domainName, rootObject, origins, behaviours, errorResponses, cacheTagHeader }: FoundDistribution,
  bucket: string,
  website?: Website,
): Description {
  return {
    domainName,
    rootObject,
    behaviours: behaviours.map(behaviour => describeBehaviour(behaviour, origins, bucket)),
    errorResponses: [...errorResponses],
    ...(cacheTagHeader === undefined ? {} : { cacheTagHeader }),
    ...(website === undefined ? {} : { website }),
  };
}

function describeBehaviour(
  { originId, ...behaviour }: FoundBehaviour,
  origins: readonly FoundOrigin[],
  bucket: string,
): Behaviour {
  const own = origins.filter(({ ids }) => ids.includes(originId));
  const shown = own.filter(({ domainName }) => isBucketDomain(domainName, bucket));
  return {
    ...behaviour,
    origin: own.map(({ domainName, path }) => `${domainName}${path}`).join(', '),
    originPaths: [...new Set(shown.map(({ path }) => path))],
  };
}

/** The same, with what is known of a bucket that is shown as a website. */
export async function describeWithWebsite(
  found: FoundDistribution,
  bucket: string,
  websites: WebsiteReader,
): Promise<Description> {
  return describe(found, bucket, showsWebsite(found, bucket) ? await websites.find(bucket) : undefined);
}

/** Whether a distribution shows the bucket as a website, with index and error documents. */
export function showsWebsite({ origins }: FoundDistribution, bucket: string): boolean {
  return origins.some(({ domainName }) => {
    return isBucketDomain(domainName, bucket) && domainName.includes('.s3-website');
  });
}

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d';

/**
 * A bucket's endpoints, of the REST API, old and new, and of website hosting (S3 user guide,
 * "Website endpoints").
 */
const BUCKET_DOMAIN = new RegExp(
  `^(.+)\\.s3(?:[.-]${REGION}|\\.dualstack\\.${REGION}|-website[.-]${REGION}|-accelerate)?\\.amazonaws\\.com(?:\\.cn)?$`,
);

export function isBucketDomain(domainName: string, bucket: string): boolean {
  return bucketAt(domainName) === bucket;
}

/** The bucket whose endpoint a domain is; undefined for any other domain. */
function bucketAt(domainName: string): string | undefined {
  return BUCKET_DOMAIN.exec(domainName)?.[1];
}

/** The buckets that a distribution shows, each once. */
export function bucketsShownBy({ origins, behaviours }: FoundDistribution): string[] {
  const shown = origins.filter(({ ids }) => behaviours.some(({ originId }) => ids.includes(originId)));
  return [...new Set(shown.flatMap(({ domainName }) => bucketAt(domainName) ?? []))];
}
