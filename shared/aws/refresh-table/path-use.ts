import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { PathUse } from '../../refresh/path-use.ts';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import { type PathCount, toPathCount } from './items.ts';
import { expiryOf, type Table, updateItem } from './table.ts';

/**
 * A refresh that reserved paths and never recorded an invalidation has failed. So it is forgotten
 * after a day, which is longer than a refresh may try.
 */
const RESERVED_FOR_MS = 24 * 60 * 60 * 1000;

/** The paths that each month's invalidations used: one item per invalidation. */
export function pathUse(table: Table): PathUse {
  const { tableName, documents, now } = table;

  /** By strongly consistent reads. @param except a caller reference */
  const sum = async (month: string, countOf: (item: PathCount) => number, except?: string) => {
    let total = 0;
    const pages = paginateQuery(
      { client: documents },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partitionOf(month) },
      },
    );
    for await (const { Items = [] } of pages)
      for (const item of Items) if (item['sk'] !== except) total += countOf(toPathCount(item));
    return total;
  };

  const reserve = (month: string, callerReference: string, paths: number) =>
    updateItem(table, keyOf(month, callerReference), {
      UpdateExpression: 'SET reserved = :paths, reservedAt = :at, expiresAt = :expiresAt',
      ExpressionAttributeValues: {
        ':paths': paths,
        ':at': now().toISOString(),
        ':expiresAt': expiryOf(table, HISTORY_DAYS),
      },
    });

  return {
    usedIn: month => sum(month, ({ paths = 0 }) => paths),

    async record(month, callerReference, paths) {
      await updateItem(table, keyOf(month, callerReference), {
        UpdateExpression: 'SET paths = :paths, expiresAt = :expiresAt',
        ExpressionAttributeValues: { ':paths': paths, ':expiresAt': expiryOf(table, HISTORY_DAYS) },
      });
    },

    async reserve(month, callerReference, { wanted, limit }) {
      // Written before the others are read: of two at the same time, at least the later one sees
      // the other.
      await reserve(month, callerReference, wanted);
      const since = new Date(now().getTime() - RESERVED_FOR_MS).toISOString();
      const others = await sum(month, item => usedOrReserved(item, since), callerReference);
      if (others + wanted <= limit) return undefined;
      if (wanted > 1) await reserve(month, callerReference, 1);
      return others;
    },

    async release(month, callerReference) {
      // If a twin was quicker and CloudFront took the paths from it, they are recorded and count.
      await updateItem(table, keyOf(month, callerReference), {
        UpdateExpression: 'REMOVE reserved, reservedAt',
        ConditionExpression: 'attribute_exists(reserved)',
      });
    },
  };
}

function usedOrReserved({ paths, reserved = 0, reservedAt = '' }: PathCount, since: string): number {
  return paths ?? (reservedAt >= since ? reserved : 0);
}

const keyOf = (month: string, callerReference: string) => ({ pk: partitionOf(month), sk: callerReference });

const partitionOf = (month: string) => `paths#${month}`;
