import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { jsonRequest } from '../../../infra/local/kernel/aws-api.ts';
import { NAMESPACE, type Parameters, startQuerying, UUID } from './query-client.ts';

/** The error of an action. */
const refusal = (Code: string, status = 400) => ({
  status,
  type: 'text/xml',
  xml: {
    ErrorResponse: {
      '@_xmlns': NAMESPACE,
      Error: { Type: 'Sender', Code, Message: expect.stringMatching(/./) },
      RequestId: expect.stringMatching(UUID),
    },
  },
});

describe('A Query request is refused in XML', () => {
  it.each([
    [
      'of a queue that is missing, by name',
      { Action: 'GetQueueUrl', QueueName: 'missing' },
      'AWS.SimpleQueueService.NonExistentQueue',
    ],
    [
      'of a queue that is missing, by URL',
      { Action: 'SendMessage', QueueUrl: 'http://sqs/000000000000/missing', MessageBody: 'x' },
      'AWS.SimpleQueueService.NonExistentQueue',
    ],
    [
      'of a batch that is empty',
      { Action: 'DeleteMessageBatch' },
      'AWS.SimpleQueueService.EmptyBatchRequest',
    ],
    ['of a message without a body', { Action: 'SendMessage' }, 'MissingParameter'],
    [
      'with a number that is none',
      { Action: 'ReceiveMessage', WaitTimeSeconds: 'soon' },
      'InvalidParameterValue',
    ],
    [
      'with a number out of range',
      { Action: 'ReceiveMessage', WaitTimeSeconds: '21' },
      'InvalidParameterValue',
    ],
    [
      'with a receipt handle that no queue gave out',
      { Action: 'DeleteMessage', ReceiptHandle: 'none' },
      'ReceiptHandleIsInvalid',
      404,
    ],
    [
      'with a receipt handle that no queue gave out, for a time',
      { Action: 'ChangeMessageVisibility', ReceiptHandle: 'none', VisibilityTimeout: '1' },
      'ReceiptHandleIsInvalid',
      404,
    ],
    [
      'with the handle of a message that is no longer in flight',
      { Action: 'ChangeMessageVisibility', ReceiptHandle: randomUUID(), VisibilityTimeout: '1' },
      'AWS.SimpleQueueService.MessageNotInflight',
    ],
    ['without an action', { MessageBody: 'x' }, 'MissingAction'],
  ])('%s', async (_, parameters, code, status = 400) => {
    const { post, queueUrl } = await startQuerying();
    const answer = await post({ QueueUrl: queueUrl, ...parameters } as Parameters);
    expect(answer).toMatchObject(refusal(code, status));
  });

  it.each(['StartMessageMoveTask', 'AddPermission', 'NoSuchAction'])(
    'by the name of an action that is not emulated: %s',
    async Action => {
      const { post, queueUrl: QueueUrl } = await startQuerying();
      const answer = await post({ Action, QueueUrl });
      expect(answer).toMatchObject(refusal('InvalidAction'));
      expect(answer.xml.ErrorResponse.Error.Message).toContain(Action);
    },
  );
});

describe('An error in JSON', () => {
  it.each([
    [
      'with the prefix',
      'SendMessage',
      { QueueUrl: 'http://sqs/000000000000/missing' },
      'AWS.SimpleQueueService.NonExistentQueue',
    ],
    [
      'by another name',
      'CreateQueue',
      { QueueName: 'events', Attributes: { VisibilityTimeout: '1' } },
      'QueueAlreadyExists',
    ],
    ['as it is', 'SendMessage', {}, 'InvalidParameterValue'],
  ])('carries the code of the Query protocol in a header: %s', async (_, action, input, code) => {
    const { endpoint } = await startQuerying();
    const { headers } = await endpoint.call(jsonRequest('sqs', `AmazonSQS.${action}`, input, 'tester'));
    expect(headers).toMatchObject({ 'x-amzn-query-error': `${code};Sender` });
  });
});
