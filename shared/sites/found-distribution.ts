import type { Behaviour, ErrorResponse, Website } from './description.ts';

/** A distribution as CloudFront describes it, whatever bucket it shows. */
export interface FoundDistribution {
  /** `d111111abcdef8.cloudfront.net` */
  readonly domainName: string;
  readonly aliases: readonly string[];
  /** Whether it is a template for the distributions of tenants, and has no viewers of its own. */
  readonly isMultiTenant: boolean;
  /** The object shown at `/`; empty if there is none. */
  readonly rootObject: string;
  readonly origins: readonly FoundOrigin[];
  /** In order of precedence, the default behaviour last. */
  readonly behaviours: readonly FoundBehaviour[];
  readonly errorResponses: readonly ErrorResponse[];
  /** Absent if it takes no cache tags. */
  readonly cacheTagHeader?: string;
}

export interface FoundOrigin {
  /** Its own id, and those of the origin groups that it is in. */
  readonly ids: readonly string[];
  readonly domainName: string;
  readonly path: string;
}

export interface FoundBehaviour extends Omit<Behaviour, 'origin' | 'originPaths'> {
  /** The id of an origin, or of an origin group. */
  readonly originId: string;
}

export interface DistributionReader {
  /** @returns `denied` if CloudFront does not let the caller see it, `missing` if there is none */
  find(distributionId: string): Promise<FoundDistribution | 'missing' | 'denied'>;
}

/** The website configuration of buckets. */
export interface WebsiteReader {
  /** @returns undefined if the bucket is no website, or redirects every request elsewhere */
  find(bucket: string): Promise<Website | undefined>;
}
