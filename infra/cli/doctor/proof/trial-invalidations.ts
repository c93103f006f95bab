import { randomUUID } from 'node:crypto';
import {
  type CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront';
import { until, type Waiting } from './waiting.ts';

/** An invalidation as GetInvalidation describes it. */
export interface SeenInvalidation {
  readonly id: string;
  readonly status: string;
  readonly paths: readonly string[];
}

/** The distribution's invalidations, the pipeline's and the doctor's own. */
export interface TrialInvalidations {
  /** Ids of the newest, newest first. */
  ids(): Promise<readonly string[]>;
  /** Those that are not among earlier ids, and purge something below a path. */
  madeSince(known: readonly string[], below: string): Promise<readonly SeenInvalidation[]>;
  get(id: string): Promise<SeenInvalidation>;
  /** Invalidates paths, and waits until CloudFront says `Completed`. @returns what it says then */
  complete(paths: readonly string[]): Promise<SeenInvalidation>;
}

export function createTrialInvalidations(
  client: CloudFrontClient,
  DistributionId: string,
  waiting: Waiting,
): TrialInvalidations {
  const get = (id: string) => getInvalidation(client, DistributionId, id);

  async function ids(): Promise<string[]> {
    const { InvalidationList } = await client.send(new ListInvalidationsCommand({ DistributionId }));
    return (InvalidationList?.Items ?? []).flatMap(({ Id = [] }) => Id);
  }

  return {
    ids,
    get,
    async madeSince(known, below) {
      const made: SeenInvalidation[] = [];
      // One at a time: CloudFront throttles after a few requests at once.
      for (const id of (await ids()).filter(each => !known.includes(each))) made.push(await get(id));
      return made.filter(({ paths }) => paths.some(path => purgesBelow(path, below)));
    },
    async complete(paths) {
      const { Invalidation } = await client.send(
        new CreateInvalidationCommand({
          DistributionId,
          InvalidationBatch: {
            CallerReference: `doctor-${randomUUID()}`,
            Paths: { Quantity: paths.length, Items: [...paths] },
          },
        }),
      );
      const id = Invalidation?.Id ?? '';
      const look = async () => {
        const seen = await get(id);
        return seen.status === 'Completed' ? seen : undefined;
      };
      return until(look, `the invalidation ${id} to complete`, waiting);
    },
  };
}

/** @param client of any region */
export async function getInvalidation(
  client: CloudFrontClient,
  DistributionId: string,
  Id: string,
): Promise<SeenInvalidation> {
  const { Invalidation } = await client.send(new GetInvalidationCommand({ DistributionId, Id }));
  const { Id: id = '', Status: status = '', InvalidationBatch } = Invalidation ?? {};
  return { id, status, paths: InvalidationBatch?.Paths?.Items ?? [] };
}

/** Whether an invalidation path purges URLs that begin with another path. */
export function purgesBelow(path: string, below: string): boolean {
  if (!path.endsWith('*')) return path.startsWith(below);
  const prefix = path.slice(0, -1);
  return prefix.startsWith(below) || below.startsWith(prefix);
}
