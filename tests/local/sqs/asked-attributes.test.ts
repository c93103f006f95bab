import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { startStorage } from '../../helpers/storage.ts';

const City = { DataType: 'String', StringValue: 'Huế' };

it.each([
  ['none', undefined, undefined],
  ['none, in an empty list', [], undefined],
  ['one by its name', ['City'], { City }],
  ['all of them', ['All'], { City, Term: City }],
])('ReceiveMessage returns the message attributes that were asked for: %s', async (_, names, returned) => {
  const { sqs, queueUrl: QueueUrl } = await startStorage();
  const MessageAttributes = { City, Term: City };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageAttributes }));
  const receive = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: names });
  const [message] = (await sqs.send(receive)).Messages ?? [];
  expect(message?.MessageAttributes).toEqual(returned);
  expect(message?.MD5OfMessageAttributes === undefined).toBe(returned === undefined);
});

it.each([
  ['none', undefined, {}],
  ['one by its name', ['VisibilityTimeout'] as const, { VisibilityTimeout: '30' }],
])('GetQueueAttributes returns the attributes that were asked for: %s', async (_, names, returned) => {
  const { sqs, queueUrl: QueueUrl } = await startStorage();
  const AttributeNames = names === undefined ? undefined : [...names];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  expect(Attributes).toEqual(returned);
});
