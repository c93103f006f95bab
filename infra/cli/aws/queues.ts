import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { CommandError } from '../command.ts';
import type { Stack } from './stack.ts';

/** Every stack's outputs that name a queue with dead letters. */
export const QUEUE_OUTPUTS = ['SiteChangesQueueUrl', 'MailQueueUrl'];

/** URLs of a stack's queues with dead letters: those, and the webhook's if it has one. */
export async function queueUrlsOf(stack: Stack): Promise<string[]> {
  const urls = await Promise.all(QUEUE_OUTPUTS.map(stack.output));
  const webhook = await stack.optionalOutput('WebhookQueueUrl');
  return webhook === undefined ? urls : [...urls, webhook];
}

/** Short polling asks only some of SQS's servers and may find nothing where there is something. */
const LONG_POLL_SECONDS = 1;
/** The most that one ReceiveMessage answers. */
const BATCH_SIZE = 10;

const RedrivePolicy = z.object({ deadLetterTargetArn: z.string() });

export const queueName = (queueUrl: string) => queueUrl.split('/').at(-1) ?? '';

/** The dead-letter queue of a queue. @throws CommandError when it has none */
export async function deadLettersOf(
  queueUrl: string,
  sqs: SQSClient,
): Promise<{ name: string; url: string }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  if (Attributes?.RedrivePolicy === undefined) throw new CommandError(`${queueUrl} has no dead-letter queue`);
  const { deadLetterTargetArn } = RedrivePolicy.parse(JSON.parse(Attributes.RedrivePolicy));
  const [account, name = ''] = deadLetterTargetArn.split(':').slice(4);
  const { QueueUrl = '' } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }),
  );
  return { name, url: QueueUrl };
}

export interface QueueStatus {
  readonly name: string;
  readonly waiting: number;
  readonly inWork: number;
  readonly deadLetters: number;
}

/** Counts the messages of a queue and of its dead-letter queue. SQS counts approximately. */
export async function readQueue(queueUrl: string, sqs: SQSClient): Promise<QueueStatus> {
  const [{ Attributes = {} }, deadLetters] = await Promise.all([
    sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    ),
    deadLettersOf(queueUrl, sqs).then(({ url }) => countIn(url, sqs)),
  ]);
  return {
    name: queueName(queueUrl),
    waiting: Number(Attributes.ApproximateNumberOfMessages),
    inWork: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    deadLetters,
  };
}

/** Messages that wait to be received. */
export async function countIn(queueUrl: string, sqs: SQSClient): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

/** Moves until no message is visible. @returns how many, batch by batch */
export async function* moveAll(from: string, to: string, sqs: SQSClient): AsyncGenerator<number> {
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: from,
        MaxNumberOfMessages: BATCH_SIZE,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return;
    const outcomes = await Promise.allSettled(Messages.map(message => move(message, from, to, sqs)));
    yield outcomes.filter(({ status }) => status === 'fulfilled').length;
    const failure = outcomes.find(outcome => outcome.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }
}

/** Deleted only once it is on its queue: whatever breaks in between leaves two, never none. */
async function move(message: Message, from: string, to: string, sqs: SQSClient): Promise<void> {
  const { Body: MessageBody, MessageAttributes, ReceiptHandle } = message;
  await sqs.send(new SendMessageCommand({ QueueUrl: to, MessageBody, MessageAttributes }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
}
