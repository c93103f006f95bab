import { createHash } from 'node:crypto';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { createQueue, take } from '../../helpers/storage.ts';
import { NAMESPACE, type Parameters, startQuerying, UUID } from './query-client.ts';

const AN_ID = expect.stringMatching(UUID);
const md5 = (content: string | Buffer) => createHash('md5').update(content).digest('hex');

describe('A Query request finds its queue', () => {
  it('by name, with an answer in the namespace of SQS', async () => {
    const { post, queueUrl } = await startQuerying();
    expect(await post({ Action: 'GetQueueUrl', QueueName: 'events' })).toEqual({
      status: 200,
      type: 'text/xml',
      xml: {
        '?xml': expect.anything(),
        GetQueueUrlResponse: {
          '@_xmlns': NAMESPACE,
          GetQueueUrlResult: { QueueUrl: queueUrl },
          ResponseMetadata: { RequestId: AN_ID },
        },
      },
    });
  });

  it.each(['the parameter QueueUrl', 'the URL that it goes to'])('by %s, as POST or as GET', async by => {
    const { post, get, sqs, queueUrl: QueueUrl } = await startQuerying();
    const [parameters, path] = by.startsWith('the URL') ? [{}, new URL(QueueUrl).pathname] : [{ QueueUrl }];
    for (const send of [post, get]) {
      const message = { Action: 'SendMessage', MessageBody: 'hello', ...parameters };
      expect(await send(message, path)).toMatchObject({ status: 200 });
      expect((await take(sqs, QueueUrl, 1)).map(({ Body }) => Body)).toEqual(['hello']);
    }
  });

  it('among those listed by prefix', async () => {
    const { ask, sqs, queueUrl } = await startQuerying();
    const urls = [await createQueue(sqs, 'lessons-1'), await createQueue(sqs, 'lessons-2')];
    expect(await ask('ListQueues', { QueueNamePrefix: 'lessons' })).toEqual({ QueueUrl: urls });
    expect(await ask('ListQueues', { QueueNamePrefix: 'events' })).toEqual({ QueueUrl: queueUrl });
  });
});

describe('A message in the Query protocol', () => {
  it('is sent and received with its attributes, binary ones too, and their MD5', async () => {
    const { ask } = await startQuerying();
    const sent = await ask('SendMessage', {
      MessageBody: 'This is a test message',
      'MessageAttribute.1.Name': 'City',
      'MessageAttribute.1.Value.StringValue': 'Hà Nội',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.2.Name': 'Raw',
      'MessageAttribute.2.Value.BinaryValue': Buffer.from([0, 255]).toString('base64'),
      'MessageAttribute.2.Value.DataType': 'Binary',
    });
    const city = encodedAttribute('City', 'String', 1, Buffer.from('Hà Nội'));
    const raw = encodedAttribute('Raw', 'Binary', 2, Buffer.from([0, 255]));
    expect(sent).toEqual({
      MessageId: AN_ID,
      // The example of the API reference.
      MD5OfMessageBody: 'fafb00f5732ab283681e124bf8747ed1',
      MD5OfMessageAttributes: md5(Buffer.concat([city, raw])),
    });
    const received = await ask('ReceiveMessage', {
      'AttributeName.1': 'SenderId',
      'AttributeName.2': 'ApproximateReceiveCount',
      'MessageAttributeName.1': 'All',
    });
    expect(received.Message).toEqual({
      MessageId: sent.MessageId,
      ReceiptHandle: expect.any(String),
      MD5OfBody: sent.MD5OfMessageBody,
      Body: 'This is a test message',
      Attribute: [
        { Name: 'SenderId', Value: expect.any(String) },
        { Name: 'ApproximateReceiveCount', Value: '1' },
      ],
      MessageAttribute: [
        { Name: 'City', Value: { StringValue: 'Hà Nội', DataType: 'String' } },
        { Name: 'Raw', Value: { BinaryValue: 'AP8=', DataType: 'Binary' } },
      ],
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    });
  });

  it('keeps every character, and is the same to a client that speaks JSON', async () => {
    const { ask, sqs, queueUrl: QueueUrl } = await startQuerying();
    const body = ' <b>&amp;\r\n"it\'s"\t+%20 é 中 ';
    await ask('SendMessage', { MessageBody: body });
    const receive = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 });
    expect((await sqs.send(receive)).Messages?.map(({ Body }) => Body)).toEqual([body]);
    const { Message } = await ask('ReceiveMessage');
    expect([Message.Body, Message.MD5OfBody]).toEqual([body, md5(body)]);
  });

  it('that does not come leaves an empty result', async () => {
    const { ask } = await startQuerying();
    expect(await ask('ReceiveMessage', { WaitTimeSeconds: '0', MaxNumberOfMessages: '10' })).toBe('');
  });

  it('becomes visible and is deleted; neither answer has a result', async () => {
    const { ask, post, queueUrl: QueueUrl } = await startQuerying();
    await ask('SendMessage', { MessageBody: 'x' });
    const receive = async () => (await ask('ReceiveMessage')).Message?.ReceiptHandle;
    const release = {
      Action: 'ChangeMessageVisibility',
      QueueUrl,
      ReceiptHandle: await receive(),
      VisibilityTimeout: '0',
    };
    const released = await post(release);
    expect(Object.keys(released.xml.ChangeMessageVisibilityResponse)).toEqual([
      'ResponseMetadata',
      '@_xmlns',
    ]);
    const deleted = await post({ Action: 'DeleteMessage', QueueUrl, ReceiptHandle: await receive() });
    expect(Object.keys(deleted.xml.DeleteMessageResponse)).toEqual(['ResponseMetadata', '@_xmlns']);
    expect(await ask('GetQueueAttributes', { 'AttributeName.1': 'All' })).toMatchObject({
      Attribute: expect.arrayContaining([
        { Name: 'ApproximateNumberOfMessages', Value: '0' },
        { Name: 'ApproximateNumberOfMessagesNotVisible', Value: '0' },
      ]),
    });
  });
});

describe('A batch in the Query protocol', () => {
  it('is sent, made visible and deleted by entries, which succeed or fail one by one', async () => {
    const { ask } = await startQuerying();
    const sent = await ask(
      'SendMessageBatch',
      entries('SendMessageBatch', [
        { Id: 'a', MessageBody: 'first' },
        { Id: 'b', MessageBody: 'not \u0001 legal' },
        { Id: 'c', MessageBody: 'third' },
      ]),
    );
    expect(sent).toEqual({
      SendMessageBatchResultEntry: [
        { Id: 'a', MessageId: AN_ID, MD5OfMessageBody: md5('first') },
        { Id: 'c', MessageId: AN_ID, MD5OfMessageBody: md5('third') },
      ],
      BatchResultErrorEntry: {
        Id: 'b',
        SenderFault: 'true',
        Code: 'InvalidMessageContents',
        Message: expect.any(String),
      },
    });
    const handles = async (): Promise<string[]> =>
      (await ask('ReceiveMessage', { MaxNumberOfMessages: '10' })).Message.map(
        ({ ReceiptHandle }: { ReceiptHandle: string }) => ReceiptHandle,
      );
    const [first = '', second = ''] = await handles();
    const visible = entries('ChangeMessageVisibilityBatch', [
      { Id: 'a', ReceiptHandle: first, VisibilityTimeout: '0' },
      { Id: 'b', ReceiptHandle: second, VisibilityTimeout: '0' },
    ]);
    expect(await ask('ChangeMessageVisibilityBatch', visible)).toEqual({
      ChangeMessageVisibilityBatchResultEntry: [{ Id: 'a' }, { Id: 'b' }],
    });
    const received = (await handles()).map((ReceiptHandle, index) => ({ Id: `${index}`, ReceiptHandle }));
    expect(await ask('DeleteMessageBatch', entries('DeleteMessageBatch', received))).toEqual({
      DeleteMessageBatchResultEntry: [{ Id: '0' }, { Id: '1' }],
    });
    expect(await ask('ReceiveMessage')).toBe('');
  });

  it('is read in the order of its numbers, not of its parameters', async () => {
    const { ask } = await startQuerying();
    const numbered = (number: number) => ({
      [`SendMessageBatchRequestEntry.${number}.Id`]: `${number}`,
      [`SendMessageBatchRequestEntry.${number}.MessageBody`]: `${number}`,
    });
    const { SendMessageBatchResultEntry: sent } = await ask('SendMessageBatch', {
      ...numbered(10),
      ...numbered(9),
      ...numbered(2),
    });
    expect(sent.map(({ Id }: { Id: string }) => Id)).toEqual(['2', '9', '10']);
  });
});

describe('A queue in the Query protocol', () => {
  it('is created with attributes and tags, changed, emptied and deleted', async () => {
    const { ask, post, endpoint } = await startQuerying();
    const { QueueUrl } = await ask('CreateQueue', {
      QueueName: 'lessons',
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '77',
      'Tag.1.Key': 'class',
      'Tag.1.Value': '1a',
    });
    expect(QueueUrl).toBe(`${endpoint.url}/000000000000/lessons`);
    // The single attribute may come without a number, as in the API reference of 2012.
    const longer = { 'Attribute.Name': 'VisibilityTimeout', 'Attribute.Value': '88' };
    for (const request of [
      { Action: 'SetQueueAttributes', ...longer },
      { Action: 'TagQueue', 'Tag.1.Key': 'term', 'Tag.1.Value': '2' },
      { Action: 'UntagQueue', 'TagKey.1': 'class' },
      { Action: 'SendMessage', MessageBody: 'x' },
      { Action: 'PurgeQueue' },
    ])
      expect(await post({ QueueUrl, ...request })).toMatchObject({ status: 200 });
    expect(await ask('GetQueueAttributes', { QueueUrl, AttributeName: 'VisibilityTimeout' })).toEqual({
      Attribute: { Name: 'VisibilityTimeout', Value: '88' },
    });
    expect(await ask('ListQueueTags', { QueueUrl })).toEqual({ Tag: { Key: 'term', Value: '2' } });
    expect(await ask('ReceiveMessage', { QueueUrl })).toBe('');
    await post({ Action: 'DeleteQueue', QueueUrl });
    expect(await post({ Action: 'ReceiveMessage', QueueUrl })).toMatchObject({ status: 400 });
  });
});

/** SQS developer guide, "Calculating the MD5 message digest for message attributes". */
function encodedAttribute(name: string, type: string, transport: 1 | 2, value: Buffer): Buffer {
  const withLength = (content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, content]);
  };
  return Buffer.concat([
    withLength(Buffer.from(name)),
    withLength(Buffer.from(type)),
    Buffer.from([transport]),
    withLength(value),
  ]);
}

/** The entries of a batch, numbered. */
function entries(action: string, list: readonly Parameters[]): Parameters {
  return Object.fromEntries(
    list.flatMap((entry, index) =>
      Object.entries(entry).map(([name, value]) => [`${action}RequestEntry.${index + 1}.${name}`, value]),
    ),
  );
}
