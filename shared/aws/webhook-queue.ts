import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';

export interface WebhookQueue {
  /** Keeps a message that was received from coming again before `seconds`, 43,200 at most. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
}

export function createWebhookQueue(queueUrl: string, client = new SQSClient({})): WebhookQueue {
  return {
    async hide(ReceiptHandle, VisibilityTimeout) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout }),
      );
    },
  };
}
