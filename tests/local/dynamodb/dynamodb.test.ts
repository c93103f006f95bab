import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { AbstractValueIterator } from 'abstract-level';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { jsonRequest } from '../../../infra/local/kernel/aws-api.ts';
import { ConnectionCutError, startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { startDynamoDb } from '../../../infra/local/services/dynamodb/dynamodb.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { untilActive } from '../../helpers/storage.ts';

/** As the template has them. */
const PROPERTIES = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  SSESpecification: { SSEEnabled: true },
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
};
const TableName = 'Refreshes';

async function start(directory?: string) {
  const dynamoDb = await startDynamoDb(directory);
  await dynamoDb.ensureTable(TableName, PROPERTIES);
  const endpoint = await startAwsEndpoint({
    port: 0,
    services: new Map([['dynamodb', dynamoDb.handle]]),
    journal: createJournal(),
  });
  const client = new DynamoDBClient(clientFor(endpoint.url));
  await untilActive(TableName, client);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    client.destroy();
    await endpoint.stop();
    await dynamoDb.stop();
  };
  onTestFinished(stop);
  const put = (sk: string, ConditionExpression?: string) =>
    client.send(
      new PutItemCommand({ TableName, Item: { pk: { S: 'r1' }, sk: { S: sk } }, ConditionExpression }),
    );
  return { dynamoDb, client, put, stop };
}

describe('A table', () => {
  it('is created from the template’s properties', async () => {
    const { client } = await start();
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableName,
      TableStatus: 'ACTIVE',
      KeySchema: PROPERTIES.KeySchema,
      AttributeDefinitions: PROPERTIES.AttributeDefinitions,
    });
  });

  it('refuses a write whose condition does not hold', async () => {
    const { put } = await start();
    await put('refresh', 'attribute_not_exists(pk)');
    await expect(put('refresh', 'attribute_not_exists(pk)')).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
  });

  it('is queried in the order of its sort key', async () => {
    const { client, put } = await start();
    for (const sk of ['b', 'a', 'é', 'B']) await put(sk);
    const { Items } = await client.send(
      new QueryCommand({
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'r1' } },
      }),
    );
    expect(Items?.map(({ sk }) => sk?.S)).toEqual(['B', 'a', 'b', 'é']);
  });

  it('keeps its items over a restart, and is not created again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tables-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const first = await start(directory);
    await first.put('refresh');
    await first.stop();
    const second = await start(directory);
    const Key = { pk: { S: 'r1' }, sk: { S: 'refresh' } };
    expect((await second.client.send(new GetItemCommand({ TableName, Key }))).Item).toEqual(Key);
  });

  it('kept without an index of the template is refused by name, with advice', async () => {
    const { dynamoDb } = await start();
    const index = {
      IndexName: 'InOrder',
      KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    };
    const indexed = { ...PROPERTIES, GlobalSecondaryIndexes: [index] };
    await expect(dynamoDb.ensureTable(TableName, indexed)).rejects.toThrow(/the index InOrder: .*\.local/);
    await dynamoDb.ensureTable('Indexed', indexed);
    await dynamoDb.ensureTable('Indexed', indexed);
  });

  it('that cannot be created is refused by name', async () => {
    const { dynamoDb } = await start();
    await expect(dynamoDb.ensureTable('Broken', { KeySchema: [] })).rejects.toThrow(
      /Table Broken could not be made/,
    );
  });
});

describe('A write whose condition does not hold', () => {
  const Key = { pk: { S: 'r1' }, sk: { S: 'refresh' } };
  const asked = {
    TableName,
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;

  it.each([
    ['PutItem', new PutItemCommand({ ...asked, Item: Key })],
    ['DeleteItem', new DeleteItemCommand({ ...asked, Key })],
    [
      'UpdateItem',
      new UpdateItemCommand({
        ...asked,
        Key,
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': { S: 'new' } },
      }),
    ],
  ])('returns the item as it is to %s, if it asks for it', async (_, command) => {
    const { client } = await start();
    const Item = { ...Key, a: { S: 'kept' } };
    await client.send(new PutItemCommand({ TableName, Item }));
    // The commands' types differ, and sending them is all that is asked.
    await expect(client.send(command as PutItemCommand)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item,
    });
  });

  it('returns no item if there is none, or nobody asks for it', async () => {
    const { client, put } = await start();
    const missing = { ...asked, ConditionExpression: 'attribute_exists(pk)', Item: Key };
    await expect(client.send(new PutItemCommand(missing))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: undefined,
    });
    await put('refresh');
    await expect(put('refresh', 'attribute_not_exists(pk)')).rejects.toMatchObject({ Item: undefined });
  });

  it('is refused if it asks for anything but the old item', async () => {
    const { client } = await start();
    const put = { ...asked, Item: Key, ReturnValuesOnConditionCheckFailure: 'ALL_NEW' as 'ALL_OLD' };
    await expect(client.send(new PutItemCommand(put))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('What the local DynamoDB does not emulate', () => {
  it.each([
    ['TransactWriteItems', new TransactWriteItemsCommand({ TransactItems: [] })],
    ['ExecuteStatement', new ExecuteStatementCommand({ Statement: `SELECT * FROM ${TableName}` })],
  ])('is refused by name: %s', async (action, command) => {
    const { client } = await start();
    // The commands' types differ, and sending them is all that is asked.
    await expect(client.send(command as ExecuteStatementCommand)).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: `The local DynamoDB does not emulate ${action}`,
      $metadata: { httpStatusCode: 400 },
    });
  });
});

it('A query releases what it has read, even if it stops early', async () => {
  const { client, put } = await start();
  for (const sk of ['1', '2', '3']) await put(sk);
  const closed = vi.spyOn(AbstractValueIterator.prototype, 'close');
  onTestFinished(() => closed.mockRestore());
  for (const Limit of [10, 1]) {
    await client.send(
      new QueryCommand({
        TableName,
        Limit,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'r1' } },
      }),
    );
  }
  await expect.poll(() => closed.mock.calls.length).toBe(2);
});

it('answers what is under way when it stops, and cuts what comes later', async () => {
  const { dynamoDb, stop } = await start();
  const read = () =>
    dynamoDb.handle(jsonRequest('dynamodb', 'DynamoDB_20120810.DescribeTable', { TableName }, 'local'));
  const underWay = read();
  await stop();
  expect(await underWay).toMatchObject({ status: 200 });
  await expect(read()).rejects.toThrow(ConnectionCutError);
});
