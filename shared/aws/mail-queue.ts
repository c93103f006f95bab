import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { MailMessage } from '../mail/mail.ts';

export interface MailQueue {
  send(message: MailMessage): Promise<void>;
}

export function createMailQueue(queueUrl: string, client = new SQSClient({})): MailQueue {
  return {
    async send(message) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: asciiJson(message) }));
    },
  };
}

/**
 * SQS refuses characters that XML does not allow (SendMessage), and an object key may hold some.
 */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7E]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
