import { describeWithWebsite } from './describe.ts';
import type { DistributionReader, WebsiteReader } from './found-distribution.ts';
import type { SiteChange } from './known-distribution.ts';
import { keep, type LookDependencies } from './look.ts';

export interface WatchDependencies extends LookDependencies {
  readonly bucket: string;
  readonly distributions: DistributionReader;
  readonly websites: WebsiteReader;
}

/**
 * Looks at a distribution again, and keeps what it sees.
 *
 * @returns what changed, if a refresh of it was asked for
 * @throws Error if CloudFront does not show the distribution: what is known stays as it is
 */
export async function lookAgain(
  id: string,
  { bucket, distributions, websites, ...dependencies }: WatchDependencies,
): Promise<readonly SiteChange[]> {
  const found = await distributions.find(id);
  if (found === 'missing') throw new Error(`There is no distribution ${id} any more`);
  if (found === 'denied') throw new Error(`CloudFront denies looking at the distribution ${id}`);
  return keep(id, await describeWithWebsite(found, bucket, websites), dependencies);
}
