import { describe, expect, it } from 'vitest';
import type { AwsRequest, AwsResponse } from '../../../../infra/local/kernel/aws-api.ts';
import { violationsIn } from '../../../helpers/aws-model/check-answer.ts';
import {
  cloudFrontError,
  DESCRIBE_EXECUTION,
  GET_INVALIDATION,
  GET_QUEUE_ATTRIBUTES,
  json,
  NO_QUEUE,
  RECEIVE_MESSAGE,
  xml,
} from './answers.ts';

describe('An error is held to the model:', () => {
  it.each<[string, AwsRequest, AwsResponse, string]>([
    [
      'with another status',
      GET_INVALIDATION,
      cloudFrontError('NoSuchInvalidation', 400),
      'The error NoSuchInvalidation does not have the status 404',
    ],
    [
      'of another operation',
      GET_INVALIDATION,
      cloudFrontError('BatchTooLarge', 413),
      'The error BatchTooLarge is not one of GetInvalidation',
    ],
    [
      'that AWS does not have',
      RECEIVE_MESSAGE,
      json({ __type: 'Nonsense', message: 'm' }, 400),
      'The error Nonsense is not one of ReceiveMessage',
    ],
    [
      'without a code',
      RECEIVE_MESSAGE,
      json({ message: 'm' }, 400),
      'The error without a code is not one of ReceiveMessage',
    ],
    [
      'with a member that it does not have',
      RECEIVE_MESSAGE,
      json({ __type: 'QueueDoesNotExist', message: 'm', queue: 'q' }, 400, NO_QUEUE),
      'QueueDoesNotExist.queue is not a member of QueueDoesNotExist',
    ],
    [
      'with its code of the Query protocol missing',
      RECEIVE_MESSAGE,
      json({ __type: 'QueueDoesNotExist', message: 'm' }, 400),
      'The header x-amzn-query-error is missing, not AWS.SimpleQueueService.NonExistentQueue;Sender',
    ],
    [
      'with the code of the JSON protocol in the Query protocol',
      GET_QUEUE_ATTRIBUTES,
      xml(
        '<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Code>QueueDoesNotExist</Code></Error></ErrorResponse>',
        400,
      ),
      'The error QueueDoesNotExist is not one of GetQueueAttributes',
    ],
    [
      'that every service may answer, with another status',
      DESCRIBE_EXECUTION,
      json({ __type: 'AccessDeniedException', message: 'm' }, 403),
      'The error AccessDeniedException does not have the status 400',
    ],
    [
      'that every service may answer, with a member',
      DESCRIBE_EXECUTION,
      json({ __type: 'AccessDeniedException', message: 'm', reason: 'r' }, 400),
      'AccessDeniedException.reason is not a member of the error',
    ],
  ])('one %s', async (_, asked, answered, violation) => {
    const found = await violationsIn({ request: asked, response: answered });
    expect(found).toContainEqual(expect.stringContaining(violation));
  });

  it('is told by service, operation and status', async () => {
    const found = await violationsIn({ request: RECEIVE_MESSAGE, response: json({ Count: 1 }) });
    expect(found).toEqual(['sqs ReceiveMessage, status 200: Count is not a member of ReceiveMessageResult']);
  });
});
