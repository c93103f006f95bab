import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ManualAllowance } from '../../refresh/manual-request.ts';
import { unlessConditionFails } from '../conditional-write.ts';

/** The day after is soon enough to forget what a day's refreshes by hand used. */
const KEPT_DAYS = 2;

export interface ManualAllowanceOptions {
  readonly tableName: string;
  /** Each has an allowance of its own. */
  readonly distributionId: string;
  readonly client?: DynamoDBClient;
  readonly now?: () => Date;
}

/** In the refresh table, a counter a day. */
export function createManualAllowance({
  tableName: TableName,
  distributionId,
  client = new DynamoDBClient({}),
  now = () => new Date(),
}: ManualAllowanceOptions): ManualAllowance {
  const documents = DynamoDBDocumentClient.from(client);
  return {
    async take(day, paths, pathsPerDay) {
      if (paths > pathsPerDay) return false;
      const taken = await unlessConditionFails(() =>
        documents.send(
          new UpdateCommand({
            TableName,
            Key: { pk: `manual#${day}`, sk: distributionId },
            UpdateExpression: 'ADD paths :paths SET expiresAt = :expiresAt',
            ConditionExpression: 'attribute_not_exists(paths) OR paths <= :most',
            ExpressionAttributeValues: {
              ':paths': paths,
              ':most': pathsPerDay - paths,
              ':expiresAt': Math.floor(now().getTime() / 1000) + KEPT_DAYS * 86_400,
            },
          }),
        ),
      );
      return taken !== undefined;
    },
  };
}
