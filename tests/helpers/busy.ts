import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import type { Site } from './site.ts';

/**
 * Somebody else's invalidations: as many wildcards and exact paths as said, in progress for as long
 * as the site's say.
 */
export async function keepBusy(site: Site, { wildcards, exact = 0 }: { wildcards: number; exact?: number }) {
  const paths = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index));
  for (const path of paths(wildcards, index => `/others/${index}/*`)) await create(site, [path]);
  if (exact > 0)
    await create(
      site,
      paths(exact, index => `/others/${index}.txt`),
    );
}

async function create(site: Site, paths: readonly string[]): Promise<void> {
  const InvalidationBatch = {
    CallerReference: `others ${paths[0]}`,
    Paths: { Quantity: paths.length, Items: [...paths] },
  };
  const DistributionId = site.output('DistributionId');
  await site.clients.cloudFront.send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }));
}
