import {
  type CloudFrontClient,
  GetInvalidationCommand,
  type InvalidationSummary,
  paginateListInvalidations,
} from '@aws-sdk/client-cloudfront';
import { refreshOfCallerReference } from '../../../shared/refresh/refresh.ts';

/** An invalidation as CloudFront lists it. */
export interface ListedInvalidation {
  readonly id: string;
  readonly status: string;
  /** ISO 8601 */
  readonly createTime: string;
  /** Who made it, unless it belongs to a refresh already known. */
  readonly maker?: Maker;
}

interface Maker {
  readonly paths: number;
  /** The refresh that it belongs to. @default somebody else made it */
  readonly refreshId?: string;
}

interface Source {
  readonly client: CloudFrontClient;
  readonly distributionId: string;
  readonly isKnown: (invalidationId: string) => boolean;
}

/** How many are listed without a start time. */
const MOST = 100;

/**
 * Every invalidation of a distribution, newest first.
 *
 * @param since ISO 8601; earlier ones are left out. Without it, the newest hundred
 */
export async function invalidationsSince(
  since: string | undefined,
  { client, distributionId: DistributionId, isKnown }: Source,
): Promise<ListedInvalidation[]> {
  const found: ListedInvalidation[] = [];
  for await (const { InvalidationList } of paginateListInvalidations({ client }, { DistributionId })) {
    const page = (InvalidationList?.Items ?? []).flatMap(toListed);
    const wanted = since === undefined ? page : page.filter(({ createTime }) => createTime >= since);
    found.push(...wanted);
    if (wanted.length < page.length || (since === undefined && found.length >= MOST)) break;
  }
  const makerOf = async (Id: string): Promise<Maker> => {
    const { Invalidation } = await client.send(new GetInvalidationCommand({ DistributionId, Id }));
    const { CallerReference = '', Paths } = Invalidation?.InvalidationBatch ?? {};
    const refreshId = refreshOfCallerReference(CallerReference);
    return { paths: Paths?.Quantity ?? 0, ...(refreshId === undefined ? {} : { refreshId }) };
  };
  // One after the other: CloudFront throttles after a few requests at once.
  const described: ListedInvalidation[] = [];
  for (const each of found)
    described.push(isKnown(each.id) ? each : { ...each, maker: await makerOf(each.id) });
  return described;
}

function toListed({ Id, Status = '', CreateTime }: InvalidationSummary): ListedInvalidation[] {
  if (Id === undefined || CreateTime === undefined) return [];
  return [{ id: Id, status: Status, createTime: CreateTime.toISOString() }];
}
