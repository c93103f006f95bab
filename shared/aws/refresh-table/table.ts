import { createHash } from 'node:crypto';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unlessConditionFails } from '../conditional-write.ts';

/** What all parts of the refresh table work with. */
export interface Table {
  readonly tableName: string;
  readonly documents: DynamoDBDocumentClient;
  readonly now: () => Date;
}

/** The key of an item. */
export type ItemKey = Readonly<Record<'pk' | 'sk', string>>;

/** An item as DynamoDB returns it, still to be parsed. */
export type Item = Record<string, unknown>;

export type UpdateInput = Omit<UpdateCommandInput, 'TableName' | 'Key' | 'ReturnValues'>;

/** By a strongly consistent read. */
export async function readItem({ tableName, documents }: Table, Key: ItemKey): Promise<Item | undefined> {
  const command = new GetCommand({ TableName: tableName, Key, ConsistentRead: true });
  return (await documents.send(command)).Item;
}

/** Updates an item; resolves to the new item, or to undefined if the condition did not hold. */
export function updateItem(
  { tableName, documents }: Table,
  Key: ItemKey,
  input: UpdateInput,
): Promise<Item | undefined> {
  return unlessConditionFails(async () => {
    const command = new UpdateCommand({ TableName: tableName, Key, ReturnValues: 'ALL_NEW', ...input });
    return (await documents.send(command)).Attributes ?? {};
  });
}

/** The key of a refresh's record. */
export const recordKey = (refreshId: string): ItemKey => ({ pk: refreshId, sk: 'refresh' });

export const readRecord = (table: Table, refreshId: string) => readItem(table, recordKey(refreshId));

export const updateRecord = (table: Table, refreshId: string, input: UpdateInput) =>
  updateItem(table, recordKey(refreshId), input);

/** When an item written now expires, as DynamoDB's time to live wants it. */
export function expiryOf({ now }: Table, days: number): number {
  return Math.floor(now().getTime() / 1000) + days * 86_400;
}

/** Stands for a string in a sort key, which ends at 1,024 bytes: an object key may be as long. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
