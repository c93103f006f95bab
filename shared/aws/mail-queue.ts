import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Outbox } from '../refresh/report.ts';

export function createMailQueue(queueUrl: string, client = new SQSClient({})): Outbox {
  return {
    async send(message) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
    },
  };
}
