import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { XMLParser } from 'fast-xml-parser';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { type Asked, inOrder, type Question } from './question.ts';

const BODY = '<b>&amp;\r\né 中';
const sqs = ({ endpoint }: Asked) => new SQSClient(clientFor(endpoint));
const queueOf = ({ endpoint }: Asked) => `${endpoint}/000000000000/moto`;

const MessageAttributes = {
  City: { DataType: 'String', StringValue: 'Hà Nội' },
  Count: { DataType: 'Number', StringValue: '7' },
};

const JSON_QUESTIONS: readonly Question[] = [
  {
    asked: 'sqs CreateQueue and GetQueueUrl',
    ask: async it => {
      const attributes = { VisibilityTimeout: '60' };
      await sqs(it).send(new CreateQueueCommand({ QueueName: 'moto', Attributes: attributes }));
      const { QueueUrl = '' } = await sqs(it).send(new GetQueueUrlCommand({ QueueName: 'moto' }));
      return new URL(QueueUrl).pathname.split('/').at(-1);
    },
  },
  {
    asked: 'sqs CreateQueue with other attributes',
    ask: it => {
      const attributes = { VisibilityTimeout: '61' };
      return sqs(it).send(new CreateQueueCommand({ QueueName: 'moto', Attributes: attributes }));
    },
  },
  {
    asked: 'sqs SendMessage: the MD5 of body and attributes',
    ask: async it => {
      const send = new SendMessageCommand({ QueueUrl: queueOf(it), MessageBody: BODY, MessageAttributes });
      const { MD5OfMessageBody, MD5OfMessageAttributes } = await sqs(it).send(send);
      return [MD5OfMessageBody, MD5OfMessageAttributes];
    },
  },
  {
    asked: 'sqs ReceiveMessage without attributes',
    ask: async it => {
      const receive = new ReceiveMessageCommand({ QueueUrl: queueOf(it), VisibilityTimeout: 0 });
      return (await sqs(it).send(receive)).Messages?.map(message => [
        message.Body,
        inOrder(Object.keys(message)),
      ]);
    },
  },
  {
    asked: 'sqs ReceiveMessage with all attributes',
    ask: async it => {
      const names = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
      const receive = new ReceiveMessageCommand({ QueueUrl: queueOf(it), ...names });
      return (await sqs(it).send(receive)).Messages?.map(message => [
        message.Body,
        message.MessageAttributes,
        message.MD5OfMessageAttributes,
        inOrder(Object.keys(message.Attributes ?? {})),
        message.Attributes?.ApproximateReceiveCount,
      ]);
    },
  },
  {
    asked: 'sqs SendMessageBatch',
    ask: async it => {
      const Entries = ['a', 'b'].map(Id => ({ Id, MessageBody: Id }));
      const { Successful } = await sqs(it).send(
        new SendMessageBatchCommand({ QueueUrl: queueOf(it), Entries }),
      );
      return Successful?.map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody]);
    },
  },
  {
    asked: 'sqs SendMessageBatch of the same id twice',
    ask: it => {
      const Entries = ['a', 'a'].map(Id => ({ Id, MessageBody: Id }));
      return sqs(it).send(new SendMessageBatchCommand({ QueueUrl: queueOf(it), Entries }));
    },
  },
  {
    asked: 'sqs DeleteMessageBatch without entries',
    ask: it => sqs(it).send(new DeleteMessageBatchCommand({ QueueUrl: queueOf(it), Entries: [] })),
  },
  {
    asked: 'sqs GetQueueAttributes',
    ask: async it => {
      const AttributeNames = ['VisibilityTimeout' as const, 'ApproximateNumberOfMessages' as const];
      return (await sqs(it).send(new GetQueueAttributesCommand({ QueueUrl: queueOf(it), AttributeNames })))
        .Attributes;
    },
  },
  {
    asked: 'sqs GetQueueAttributes without names',
    ask: async it => {
      const { Attributes } = await sqs(it).send(new GetQueueAttributesCommand({ QueueUrl: queueOf(it) }));
      return Object.keys(Attributes ?? {});
    },
  },
  {
    asked: 'sqs ListQueues by a prefix that no queue has',
    ask: async it =>
      (await sqs(it).send(new ListQueuesCommand({ QueueNamePrefix: 'nobody' }))).QueueUrls ?? [],
  },
  {
    asked: 'sqs GetQueueUrl of a missing queue',
    ask: it => sqs(it).send(new GetQueueUrlCommand({ QueueName: 'missing' })),
  },
  {
    asked: 'sqs ReceiveMessage of eleven',
    ask: it => sqs(it).send(new ReceiveMessageCommand({ QueueUrl: queueOf(it), MaxNumberOfMessages: 11 })),
  },
  {
    asked: 'sqs ChangeMessageVisibility by a handle that is none',
    ask: it => {
      const change = { QueueUrl: queueOf(it), ReceiptHandle: 'none', VisibilityTimeout: 1 };
      return sqs(it).send(new ChangeMessageVisibilityCommand(change));
    },
  },
];

/** The elements of an answer in the Query protocol, without what they hold. */
async function elementsOf(it: Asked, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(it.endpoint, {
    method: 'POST',
    headers: { authorization: authorizationOf('tester', 'sqs') },
    body: new URLSearchParams({ Version: '2012-11-05', QueueUrl: queueOf(it), ...parameters }),
  });
  const { '?xml': _, ...xml } = new XMLParser().parse(await response.text());
  return [response.status, namesIn(xml), xml.ErrorResponse?.Error?.Code];
}

function namesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : namesIn(value[0]);
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value).filter(([name]) => name !== 'Detail');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, namesIn(v)]));
}

const attribute = {
  'MessageAttribute.1.Name': 'City',
  'MessageAttribute.1.Value.DataType': 'String',
  'MessageAttribute.1.Value.StringValue': 'Huế',
};

const QUERY_QUESTIONS: readonly Question[] = [
  { Action: 'PurgeQueue' },
  { Action: 'SendMessage', MessageBody: 'x', ...attribute },
  { Action: 'ReceiveMessage', 'AttributeName.1': 'All', 'MessageAttributeName.1': 'All' },
  { Action: 'ReceiveMessage' },
  {
    Action: 'SendMessageBatch',
    'SendMessageBatchRequestEntry.1.Id': 'a',
    'SendMessageBatchRequestEntry.1.MessageBody': 'x',
  },
  { Action: 'GetQueueUrl', QueueName: 'moto' },
  { Action: 'GetQueueAttributes', 'AttributeName.1': 'VisibilityTimeout' },
  { Action: 'SetQueueAttributes', 'Attribute.1.Name': 'VisibilityTimeout', 'Attribute.1.Value': '5' },
  { Action: 'ListQueues', QueueNamePrefix: 'moto' },
  { Action: 'TagQueue', 'Tag.1.Key': 'a', 'Tag.1.Value': 'b' },
  { Action: 'ListQueueTags' },
  { Action: 'UntagQueue', 'TagKey.1': 'a' },
  { Action: 'GetQueueUrl', QueueName: 'missing' },
  { Action: 'DeleteQueue' },
].map(parameters => ({
  asked: `sqs in the Query protocol: ${Object.values(parameters).slice(0, 2).join(' ')}`,
  ask: it => elementsOf(it, parameters),
}));

/** The last one deletes the queue. */
export const SQS_QUESTIONS = [...JSON_QUESTIONS, ...QUERY_QUESTIONS];
