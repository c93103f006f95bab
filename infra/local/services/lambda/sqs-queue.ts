import type { AwsService } from '../../kernel/aws-api.ts';
import { type ReceivedMessage, received, type SqsMessage } from './sqs-event.ts';

const RECEIVE_AT_MOST = 10;
const DELETE_AT_MOST = 10;

/** Calls to one queue in the name of a function's role, for an event source mapping. */
export interface SqsQueue {
  /** @param waitSeconds whole seconds, 0 to 20 */
  receive(atMost: number, waitSeconds: number): Promise<ReceivedMessage[]>;
  /** Makes a message visible again now. */
  release(message: ReceivedMessage): Promise<void>;
  /** @returns the messages that could not be deleted */
  remove(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]>;
}

export interface SqsQueueOptions {
  readonly callAws: AwsService;
  readonly caller: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** Receives failures that the calls themselves hide. */
  readonly onError: (what: string, error: unknown) => void;
}

export function createSqsQueue(options: SqsQueueOptions): SqsQueue {
  const { callAws, caller, queueUrl: QueueUrl, queueArn, onError } = options;

  async function call(action: string, request: object, as = caller): Promise<unknown> {
    const { status, body = '' } = await callAws({
      service: 'sqs',
      caller: as,
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: Buffer.from(JSON.stringify({ QueueUrl, ...request })),
    });
    if (status >= 300) throw new Error(`${action} answered ${status}: ${body.toString()}`);
    return JSON.parse(body.toString() || '{}');
  }

  async function removeTen(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const Entries = messages.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    try {
      const response = await call('DeleteMessageBatch', { Entries });
      const { Failed = [] } = response as { readonly Failed?: readonly { readonly Id: string }[] };
      return messages.filter((_, index) => Failed.some(entry => entry.Id === String(index)));
    } catch (error) {
      onError('messages could not be deleted', error);
      return [...messages];
    }
  }

  return {
    async receive(atMost, WaitTimeSeconds) {
      const response = await call('ReceiveMessage', {
        MaxNumberOfMessages: Math.min(RECEIVE_AT_MOST, atMost),
        WaitTimeSeconds,
        AttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = response as { readonly Messages?: readonly SqsMessage[] };
      return Messages.map(message => received(message, queueArn, performance.now()));
    },
    async release({ receiptHandle }) {
      try {
        // On AWS the visibility time-out ends by itself, so the role needs no permission to shorten
        // it.
        await call(
          'ChangeMessageVisibility',
          { ReceiptHandle: receiptHandle, VisibilityTimeout: 0 },
          'local-cloud',
        );
      } catch (error) {
        onError('a message could not be given back', error);
      }
    },
    async remove(messages) {
      const kept: ReceivedMessage[] = [];
      for (let start = 0; start < messages.length; start += DELETE_AT_MOST)
        kept.push(...(await removeTen(messages.slice(start, start + DELETE_AT_MOST))));
      return kept;
    },
  };
}
