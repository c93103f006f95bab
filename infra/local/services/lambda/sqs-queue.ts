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
  return new PolledQueue(options);
}

class PolledQueue implements SqsQueue {
  readonly #options: SqsQueueOptions;

  constructor(options: SqsQueueOptions) {
    this.#options = options;
  }

  async receive(atMost: number, waitSeconds: number): Promise<ReceivedMessage[]> {
    const response = await this.#call('ReceiveMessage', {
      MaxNumberOfMessages: Math.min(RECEIVE_AT_MOST, atMost),
      WaitTimeSeconds: waitSeconds,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = response as { readonly Messages?: readonly SqsMessage[] };
    return Messages.map(message => received(message, this.#options.queueArn, performance.now()));
  }

  async release({ receiptHandle }: ReceivedMessage): Promise<void> {
    try {
      // On AWS the visibility timeout expires by itself: the role needs no permission to end it.
      await this.#call(
        'ChangeMessageVisibility',
        { ReceiptHandle: receiptHandle, VisibilityTimeout: 0 },
        'local-cloud',
      );
    } catch (error) {
      this.#options.onError('a message could not be given back', error);
    }
  }

  async remove(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const kept: ReceivedMessage[] = [];
    for (let start = 0; start < messages.length; start += DELETE_AT_MOST)
      kept.push(...(await this.#removeBatch(messages.slice(start, start + DELETE_AT_MOST))));
    return kept;
  }

  async #removeBatch(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const Entries = messages.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    try {
      const response = await this.#call('DeleteMessageBatch', { Entries });
      const { Failed = [] } = response as { readonly Failed?: readonly { readonly Id: string }[] };
      return messages.filter((_, index) => Failed.some(entry => entry.Id === String(index)));
    } catch (error) {
      this.#options.onError('messages could not be deleted', error);
      return [...messages];
    }
  }

  async #call(action: string, request: object, caller = this.#options.caller): Promise<unknown> {
    const { callAws, queueUrl: QueueUrl } = this.#options;
    const { status, body = '' } = await callAws({
      service: 'sqs',
      caller,
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: Buffer.from(JSON.stringify({ QueueUrl, ...request })),
    });
    if (status >= 300) throw new Error(`${action} answered ${status}: ${body.toString()}`);
    return JSON.parse(body.toString() || '{}');
  }
}
