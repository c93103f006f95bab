import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { PathUse } from '../../refresh/invalidate.ts';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import { toPathCount } from './items.ts';
import { expiryOf, type Table, updateItem } from './table.ts';

/** The paths that each month's invalidations used: one item per invalidation. */
export function pathUse(table: Table): PathUse {
  const { tableName, documents } = table;
  return {
    async usedIn(month) {
      let used = 0;
      const pages = paginateQuery(
        { client: documents },
        {
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partitionOf(month) },
        },
      );
      for await (const { Items = [] } of pages) for (const item of Items) used += toPathCount(item);
      return used;
    },

    async record(month, callerReference, paths) {
      await updateItem(
        table,
        { pk: partitionOf(month), sk: callerReference },
        {
          UpdateExpression: 'SET paths = :paths, expiresAt = :expiresAt',
          ExpressionAttributeValues: { ':paths': paths, ':expiresAt': expiryOf(table, HISTORY_DAYS) },
        },
      );
    },
  };
}

function partitionOf(month: string): string {
  return `paths#${month}`;
}
