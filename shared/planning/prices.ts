/** What one invalidation may use. */
export interface PathBudget {
  /** CloudFront's limit is 3,000 in progress. */
  readonly exactPaths: number;
  /** CloudFront's limit is 15 in progress. */
  readonly wildcardPaths: number;
  /**
   * Length of the paths as JSON. GetInvalidation echoes them all, and a result in Step Functions
   * may have 256 KiB.
   */
  readonly bytes: number;
}

/**
 * What an invalidation may use while no other of its distribution is in progress. The bytes stay
 * well below 256 KiB, because the answer that echoes them holds more besides.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
 */
export const CLOUDFRONT_LIMITS: PathBudget = { exactPaths: 3000, wildcardPaths: 15, bytes: 150_000 };

/** In US dollars. */
export interface Prices {
  /** One path beyond the free ones, exact or wildcard. */
  readonly path: number;
  /**
   * What it is worth to leave one unchanged object alone. Once purged, the next visitor at every
   * edge location waits for the origin.
   */
  readonly refetch: number;
  /** Paths left of this month's free allowance. */
  readonly freePaths: number;
}

/** What CloudFront charges for a number of paths, in US dollars. */
export function costOfPaths(paths: number, { path, freePaths }: Prices): number {
  return Math.max(0, paths - freePaths) * path;
}
