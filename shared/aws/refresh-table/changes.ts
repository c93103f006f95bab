import { BatchWriteCommand, type BatchWriteCommandInput, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { type Change, type Changes, HISTORY_DAYS } from '../../refresh/refresh.ts';
import { untilProcessed } from '../batches.ts';
import { toCause, toChange, toPath } from './items.ts';
import { expiryOf, hash, type Table } from './table.ts';

const CHANGE = 'change#';
const PATH = 'path#';
const CAUSE = 'cause#';

/** The most items that one BatchWriteItem takes. */
const BATCH_SIZE = 25;

type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** Writes changes under a refresh. Writing the same change twice leaves one. */
export async function addChanges(table: Table, refreshId: string, changes: Changes): Promise<void> {
  const { tableName, documents } = table;
  const expiresAt = expiryOf(table, HISTORY_DAYS);
  const items = [
    ...changes.objects.map(change => ({ sk: `${CHANGE}${hash(change.key)}#${change.sequencer}`, ...change })),
    ...changes.paths.map(path => ({ sk: `${PATH}${hash(path)}`, path })),
    ...(changes.causes ?? []).map(cause => ({ sk: `${CAUSE}${hash(cause)}`, cause })),
  ];
  const unique = new Map(items.map(item => [item.sk, { pk: refreshId, ...item, expiresAt }]));
  const requests = [...unique.values()].map(Item => ({ PutRequest: { Item } }));
  await untilProcessed<WriteRequest>(requests, BATCH_SIZE, async batch => {
    const command = new BatchWriteCommand({ RequestItems: { [tableName]: [...batch] } });
    return (await documents.send(command)).UnprocessedItems?.[tableName];
  });
}

/** The distinct events of one key in a refresh, by strongly consistent reads. */
export async function changesOfKey(
  { tableName, documents }: Table,
  refreshId: string,
  key: string,
): Promise<Change[]> {
  const changes: Change[] = [];
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :key)',
      ExpressionAttributeValues: { ':pk': refreshId, ':key': `${CHANGE}${hash(key)}#` },
    },
  );
  for await (const { Items = [] } of pages) changes.push(...Items.map(toChange));
  return changes;
}

/** Everything collected for a refresh, by strongly consistent reads. */
export async function changesOf({ tableName, documents }: Table, refreshId: string): Promise<Changes> {
  const objects: Change[] = [];
  const paths: string[] = [];
  const causes: string[] = [];
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': refreshId },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      const sortKey = String(item['sk']);
      if (sortKey.startsWith(CHANGE)) objects.push(toChange(item));
      else if (sortKey.startsWith(PATH)) paths.push(toPath(item));
      else if (sortKey.startsWith(CAUSE)) causes.push(toCause(item));
    }
  }
  return { objects, paths, ...(causes.length === 0 ? {} : { causes }) };
}
