import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Site } from './site.ts';

/** The dead-letter queue of a queue that the stack's outputs name. */
export async function deadLetterQueueUrl({ clients, output }: Site, queueOutput: string): Promise<string> {
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: output(queueOutput), AttributeNames: ['RedrivePolicy'] }),
  );
  const { deadLetterTargetArn } = JSON.parse(Attributes?.['RedrivePolicy'] ?? '') as {
    deadLetterTargetArn: string;
  };
  const QueueName = deadLetterTargetArn.split(':').at(-1);
  const { QueueUrl = '' } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
  return QueueUrl;
}

/** Takes every dead letter of a queue away. */
export async function takeDeadLetters(site: Site, queueOutput: string): Promise<void> {
  const QueueUrl = await deadLetterQueueUrl(site, queueOutput);
  for (;;) {
    const { Messages = [] } = await site.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return;
    for (const { ReceiptHandle } of Messages)
      await site.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}
