import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ListedRefresh, RefreshPages } from '../../refresh/history.ts';

/** Index of a distribution's refreshes in the order of their ids, and so of time: keys `distributionId` and `pk`. */
export const REFRESHES_IN_ORDER = 'RefreshesInOrder';

export interface RefreshHistoryOptions {
  readonly tableName: string;
  readonly distributionId: string;
  readonly client?: DynamoDBClient;
}

/** Lists come from an index, which sees a change a moment later than the table does. */
export function createRefreshHistory({
  tableName: TableName,
  distributionId,
  client = new DynamoDBClient({}),
}: RefreshHistoryOptions): RefreshPages {
  const documents = DynamoDBDocumentClient.from(client);
  return {
    async page({ after, limit }) {
      const { Items = [], LastEvaluatedKey } = await documents.send(
        new QueryCommand({
          TableName,
          IndexName: REFRESHES_IN_ORDER,
          KeyConditionExpression: 'distributionId = :distributionId',
          ExpressionAttributeValues: { ':distributionId': distributionId },
          ScanIndexForward: false,
          Limit: limit,
          ...(after === undefined ? {} : { ExclusiveStartKey: { distributionId, pk: after, sk: 'refresh' } }),
        }),
      );
      const last = LastEvaluatedKey?.['pk'];
      return { refreshes: Items.map(toListed), ...(last === undefined ? {} : { after: last }) };
    },
  };
}

/** Records are written by refresh-table.ts alone, so their shape is known. */
function toListed({ pk, sk: _, distributionId: __, ...item }: Record<string, unknown>): ListedRefresh {
  return { ...item, id: pk } as unknown as ListedRefresh;
}
