import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { StudentItem } from '../backup/item-line.ts';
import type { RestoreTarget } from '../backup/restore.ts';

/** The table that a backup is restored into: any with the key `studentid`. */
export function createRestoreTarget(TableName: string, client: DynamoDBClient): RestoreTarget {
  const put = async (input: Omit<PutItemCommandInput, 'TableName'>) => {
    try {
      await client.send(new PutItemCommand({ TableName, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    async get(studentid) {
      const Key = { studentid: { S: studentid } };
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      // An item found by its key has that key.
      return Item as StudentItem | undefined;
    },
    insert: Item => put({ Item, ConditionExpression: 'attribute_not_exists(studentid)' }),
    replace: (seen, Item) => put({ Item, ...isStill(seen, Item) }),
  };
}

/** Holds while each attribute of either item is as it was seen. */
function isStill(seen: StudentItem, item: StudentItem) {
  const names = [...new Set([...Object.keys(seen), ...Object.keys(item)])];
  const values: [string, AttributeValue][] = [];
  const conditions = names.map((name, index) => {
    const value = seen[name];
    if (value === undefined) return `attribute_not_exists(#${index})`;
    values.push([`:${index}`, value]);
    return `#${index} = :${index}`;
  });
  return {
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values),
  };
}
