import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetDistributionCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GetEmailIdentityCommand, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { clientFor } from '../helpers/sdk-client.ts';
import { untilActive } from '../helpers/storage.ts';
import { type Asked, inOrder, type Question } from './question.ts';

const cloudFront = ({ endpoint }: Asked) => new CloudFrontClient(clientFor(endpoint));
const dynamo = ({ endpoint }: Asked) => new DynamoDBClient(clientFor(endpoint));
const ses = ({ endpoint }: Asked) => new SESv2Client(clientFor(endpoint));

const invalidation = (DistributionId: string, Items: string[], CallerReference = Items.join()) =>
  new CreateInvalidationCommand({
    DistributionId,
    InvalidationBatch: { CallerReference, Paths: { Quantity: Items.length, Items } },
  });

const CLOUDFRONT: readonly Question[] = [
  {
    asked: 'cloudfront CreateInvalidation and GetInvalidation',
    ask: async it => {
      const { Invalidation } = await cloudFront(it).send(invalidation(it.distributionId, ['/moto/*']));
      const get = new GetInvalidationCommand({ DistributionId: it.distributionId, Id: Invalidation?.Id });
      const { Invalidation: got } = await cloudFront(it).send(get);
      return [got?.Id === Invalidation?.Id, got?.InvalidationBatch];
    },
  },
  {
    asked: 'cloudfront ListInvalidations',
    ask: async it => {
      const list = new ListInvalidationsCommand({ DistributionId: it.distributionId });
      const { InvalidationList } = await cloudFront(it).send(list);
      return inOrder(Object.keys(InvalidationList?.Items?.[0] ?? {}));
    },
  },
  {
    asked: 'cloudfront GetDistribution of a missing one',
    ask: it => cloudFront(it).send(new GetDistributionCommand({ Id: 'E0' })),
  },
  {
    asked: 'cloudfront CreateInvalidation in a missing distribution',
    ask: it => cloudFront(it).send(invalidation('E0', ['/a'])),
  },
  {
    asked: 'cloudfront GetInvalidation of a missing one',
    ask: it =>
      cloudFront(it).send(new GetInvalidationCommand({ DistributionId: it.distributionId, Id: 'I0' })),
  },
];

const TableName = 'moto';
const Key = { pk: { S: 'a' }, sk: { N: '1' } };

const DYNAMODB: readonly Question[] = [
  {
    asked: 'dynamodb CreateTable and DescribeTable',
    ask: async it => {
      const create = new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      });
      await dynamo(it).send(create);
      await untilActive(TableName, dynamo(it));
      const { Table } = await dynamo(it).send(new DescribeTableCommand({ TableName }));
      return [Table?.KeySchema, Table?.AttributeDefinitions, Table?.ItemCount];
    },
  },
  {
    asked: 'dynamodb PutItem and GetItem',
    ask: async it => {
      const item = { ...Key, set: { SS: ['a', 'b'] }, map: { M: { list: { L: [{ NULL: true }] } } } };
      await dynamo(it).send(new PutItemCommand({ TableName, Item: item }));
      return (await dynamo(it).send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
    },
  },
  {
    asked: 'dynamodb PutItem if there is none',
    ask: it => {
      const put = { TableName, Item: Key, ConditionExpression: 'attribute_not_exists(pk)' };
      return dynamo(it).send(new PutItemCommand(put));
    },
  },
  {
    asked: 'dynamodb UpdateItem',
    ask: async it => {
      const update = new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #n = if_not_exists(#n, :zero) + :one REMOVE #s',
        ExpressionAttributeNames: { '#n': 'number', '#s': 'set' },
        ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      });
      return (await dynamo(it).send(update)).Attributes;
    },
  },
  {
    asked: 'dynamodb Query by a range',
    ask: async it => {
      const values = { ':pk': { S: 'a' }, ':from': { N: '0' }, ':to': { N: '2' } };
      const query = new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: values,
      });
      const { Count, ScannedCount, Items } = await dynamo(it).send(query);
      return [Count, ScannedCount, Items?.map(item => item['sk'])];
    },
  },
  {
    asked: 'dynamodb GetItem without its sort key',
    ask: it => dynamo(it).send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } })),
  },
  {
    asked: 'dynamodb GetItem of a missing table',
    ask: it => dynamo(it).send(new GetItemCommand({ TableName: 'missing', Key })),
  },
  {
    asked: 'dynamodb DeleteItem under a condition',
    ask: it => {
      const values = { ':n': { N: '9' } };
      const condition = { ConditionExpression: 'sk = :n', ExpressionAttributeValues: values };
      return dynamo(it).send(new DeleteItemCommand({ TableName, Key, ...condition }));
    },
  },
  {
    asked: 'dynamodb DeleteTable',
    ask: async it =>
      (await dynamo(it).send(new DeleteTableCommand({ TableName }))).TableDescription?.TableStatus,
  },
];

const SES: readonly Question[] = [
  {
    asked: 'sesv2 GetEmailIdentity of a missing one',
    ask: it => ses(it).send(new GetEmailIdentityCommand({ EmailIdentity: 'nobody@example.org' })),
  },
  {
    asked: 'sesv2 SendEmail from a stranger',
    ask: it => {
      const Simple = { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } };
      const Destination = { ToAddresses: ['reader@example.com'] };
      const mail = { FromEmailAddress: 'nobody@example.org', Destination, Content: { Simple } };
      return ses(it).send(new SendEmailCommand(mail));
    },
  },
];

export const OTHER_QUESTIONS = [...CLOUDFRONT, ...DYNAMODB, ...SES];
