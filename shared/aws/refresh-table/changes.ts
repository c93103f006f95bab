import { BatchWriteCommand, type BatchWriteCommandInput, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { type Change, type Changes, HISTORY_DAYS } from '../../refresh/refresh.ts';
import { untilProcessed } from '../batches.ts';
import { toCause, toChange, toPath, toTag } from './items.ts';
import { expiryOf, hash, type Item, type Table } from './table.ts';

const CHANGE = 'change#';
const PATH = 'path#';
const TAG = 'tag#';
const CAUSE = 'cause#';

/** The most items that one BatchWriteItem takes. */
const BATCH_SIZE = 25;

type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** Writes changes under a refresh. Writing the same change twice leaves one. */
export async function addChanges(table: Table, refreshId: string, changes: Changes): Promise<void> {
  await putChanges(table, refreshId, changes, { expiresAt: expiryOf(table, HISTORY_DAYS) });
}

/**
 * Writes changes into a partition of any kind. Writing the same change twice leaves one.
 *
 * @param more further attributes of each item
 */
export async function putChanges(
  table: Table,
  pk: string,
  changes: Changes,
  more: { readonly expiresAt?: number } = {},
): Promise<void> {
  const items = itemsOf(changes).map(item => ({ pk, ...item, ...more }));
  await write(
    table,
    items.map(Item => ({ PutRequest: { Item } })),
  );
}

/** Deletes changes from a partition. */
export async function dropChanges(table: Table, pk: string, changes: Changes): Promise<void> {
  await write(
    table,
    itemsOf(changes).map(({ sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
  );
}

/** One for each change, whatever the partition. */
function itemsOf({ objects, paths, tags = [], causes = [] }: Changes) {
  const items = [
    ...objects.map(change => ({ sk: `${CHANGE}${hash(change.key)}#${change.sequencer}`, ...change })),
    ...paths.map(path => ({ sk: `${PATH}${hash(path)}`, path })),
    ...tags.map(tag => ({ sk: `${TAG}${hash(tag)}`, tag })),
    ...causes.map(cause => ({ sk: `${CAUSE}${hash(cause)}`, cause })),
  ];
  return [...new Map(items.map(item => [item.sk, item])).values()];
}

async function write({ tableName, documents }: Table, requests: readonly WriteRequest[]): Promise<void> {
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
export async function changesOf({ tableName, documents }: Table, pk: string): Promise<Changes> {
  const changes: FoundChanges = { objects: [], paths: [], tags: [], causes: [] };
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
    },
  );
  for await (const { Items = [] } of pages) for (const item of Items) addItem(item, changes);
  const { objects, paths, tags, causes } = changes;
  return {
    objects,
    paths,
    ...(tags.length === 0 ? {} : { tags }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

interface FoundChanges {
  readonly objects: Change[];
  readonly paths: string[];
  readonly tags: string[];
  readonly causes: string[];
}

function addItem(item: Item, { objects, paths, tags, causes }: FoundChanges): void {
  const sortKey = String(item['sk']);
  if (sortKey.startsWith(CHANGE)) objects.push(toChange(item));
  else if (sortKey.startsWith(PATH)) paths.push(toPath(item));
  else if (sortKey.startsWith(TAG)) tags.push(toTag(item));
  else if (sortKey.startsWith(CAUSE)) causes.push(toCause(item));
}
