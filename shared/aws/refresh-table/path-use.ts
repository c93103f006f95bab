import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { PathUse } from '../../refresh/invalidate.ts';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';

export interface PathUseOptions {
  readonly tableName: string;
  readonly client?: DynamoDBClient;
  readonly now?: () => Date;
}

/** The paths that each month's invalidations used, in the refresh table: one item per invalidation. */
export function createPathUse({
  tableName: TableName,
  client = new DynamoDBClient({}),
  now = () => new Date(),
}: PathUseOptions): PathUse {
  const documents = DynamoDBDocumentClient.from(client);
  return {
    async usedIn(month) {
      let used = 0;
      const pages = paginateQuery(
        { client: documents },
        {
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partitionOf(month) },
        },
      );
      for await (const { Items = [] } of pages) for (const item of Items) used += item['paths'];
      return used;
    },

    async record(month, callerReference, paths) {
      await documents.send(
        new UpdateCommand({
          TableName,
          Key: { pk: partitionOf(month), sk: callerReference },
          UpdateExpression: 'SET paths = :paths, expiresAt = :expiresAt',
          ExpressionAttributeValues: {
            ':paths': paths,
            ':expiresAt': Math.floor(now().getTime() / 1000) + HISTORY_DAYS * 86_400,
          },
        }),
      );
    },
  };
}

function partitionOf(month: string): string {
  return `paths#${month}`;
}
