import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import type { EdgeRecord, EdgeRecords, VerifiedRecords } from '../../refresh/unchanged.ts';
import { untilProcessed } from '../batches.ts';
import { unlessConditionFails } from '../conditional-write.ts';
import type { RefreshTableOptions } from './refresh-table.ts';

export interface EdgeRecordsOptions extends RefreshTableOptions {
  readonly distributionId: string;
}

/** BatchGetItem takes so many items. */
const BATCH_SIZE = 100;

/**
 * What the edge is known to serve, an item a key, each in a partition of its own. A record that expired costs one path: without it
 * the next change of its key is purged.
 */
export function createEdgeRecords({
  tableName: TableName,
  distributionId,
  client = new DynamoDBClient({}),
  now = () => new Date(),
}: EdgeRecordsOptions): EdgeRecords & VerifiedRecords {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const idOf = (key: string) => ({ pk: `edge#${distributionId}#${hash(key)}`, sk: 'edge' });
  const expiresAt = () => Math.floor(now().getTime() / 1000) + HISTORY_DAYS * 86_400;

  /** False when the condition did not hold. */
  const update = async (
    key: string,
    input: Pick<
      UpdateCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >,
  ) => {
    const written = await unlessConditionFails(() =>
      documents.send(new UpdateCommand({ TableName, Key: idOf(key), ...input })),
    );
    return written !== undefined;
  };

  return {
    async get(keys) {
      const records = new Map<string, EdgeRecord>();
      const read = async (Keys: readonly Record<string, unknown>[]) => {
        const RequestItems = { [TableName]: { Keys: [...Keys], ConsistentRead: true } };
        const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({ RequestItems }));
        for (const item of Responses?.[TableName] ?? []) records.set(item['key'], toRecord(item));
        return UnprocessedKeys?.[TableName]?.Keys;
      };
      await untilProcessed(keys.map(idOf), BATCH_SIZE, read);
      return records;
    },

    replace: (known, { key, sequencer, mark, verified }) =>
      update(key, {
        UpdateExpression: `SET sequencer = :sequencer, mark = :mark, expiresAt = :expiresAt${
          verified === undefined ? ' REMOVE verified' : ', verified = :verified'
        }`,
        ConditionExpression: 'sequencer = :known AND verified.fingerprint = :fingerprint',
        ExpressionAttributeValues: {
          ':sequencer': sequencer,
          ':mark': mark,
          ':expiresAt': expiresAt(),
          ':verified': verified,
          ':known': known.sequencer,
          ':fingerprint': known.verified.fingerprint,
        },
      }),

    async mark({ key, sequencer }, mark) {
      await update(key, {
        UpdateExpression:
          'SET #key = :key, sequencer = :sequencer, mark = :mark, expiresAt = :expiresAt REMOVE verified',
        ExpressionAttributeNames: { '#key': 'key' },
        ExpressionAttributeValues: {
          ':key': key,
          ':sequencer': sequencer,
          ':mark': mark,
          ':expiresAt': expiresAt(),
        },
      });
    },

    async recordVerified({ key, sequencer }, mark, verified) {
      await update(key, {
        UpdateExpression: 'SET verified = :verified',
        ConditionExpression: 'sequencer = :sequencer AND mark = :mark',
        ExpressionAttributeValues: {
          ':sequencer': sequencer,
          ':mark': mark,
          ':verified': verified,
        },
      });
    },
  };
}

/** Items of this shape are written here alone. */
function toRecord({ key, sequencer, mark, verified }: Record<string, unknown>): EdgeRecord {
  return { key, sequencer, mark, ...(verified === undefined ? {} : { verified }) } as EdgeRecord;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
