import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { RefreshPages } from '../../refresh/history.ts';
import { REFRESHES_IN_ORDER } from './history-index.ts';
import { toListed } from './items.ts';
import { recordKey, type Table } from './table.ts';

/** Lists come from an index, which sees a change a moment later than the table does. */
export function refreshHistory({ tableName, documents }: Table, distributionId: string): RefreshPages {
  return {
    async page({ after, limit }) {
      const start = after === undefined ? {} : { ExclusiveStartKey: { distributionId, ...recordKey(after) } };
      const { Items = [], LastEvaluatedKey } = await documents.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: REFRESHES_IN_ORDER,
          KeyConditionExpression: 'distributionId = :distributionId',
          ExpressionAttributeValues: { ':distributionId': distributionId },
          ScanIndexForward: false,
          Limit: limit,
          ...start,
        }),
      );
      const last = LastEvaluatedKey?.['pk'];
      return { refreshes: Items.map(toListed), ...(last === undefined ? {} : { after: String(last) }) };
    },
  };
}
