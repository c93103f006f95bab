import { parseArgs } from 'node:util';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { countIn, deadLettersOf, QUEUE_OUTPUTS } from './queues.ts';
import { STACK_OPTIONS, STACK_USAGE, type Stack, stackCommand } from './stack-command.ts';

const USAGE = `Puts dead letters back on their queue, to be tried again once their cause is mended.

  npm run redrive -- [options]

  --dry-run        only tell how many there are
${STACK_USAGE}

Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

/** Short polling asks only some of SQS's servers and may find nothing where there is something. */
const LONG_POLL_SECONDS = 1;
/** The most that one ReceiveMessage answers. */
const BATCH_SIZE = 10;

/** `npm run redrive` */
export const main = stackCommand({ usage: USAGE, readOptions, perform: redriveStack });

function readOptions(args: readonly string[]) {
  const options = { ...STACK_OPTIONS, 'dry-run': { type: 'boolean', default: false } } as const;
  return parseArgs({ args: [...args], options }).values;
}

async function redriveStack(
  options: ReturnType<typeof readOptions>,
  stack: Stack,
  print: (line: string) => void,
): Promise<void> {
  const sqs = new SQSClient(stack.client);
  for (const queueUrl of await Promise.all(QUEUE_OUTPUTS.map(stack.output))) {
    const deadLetters = await deadLettersOf(queueUrl, sqs);
    const queue = queueUrl.split('/').at(-1);
    if (options['dry-run']) {
      print(`${queue}: would move ${messages(await countIn(deadLetters.url, sqs))} from ${deadLetters.name}`);
      continue;
    }
    let moved = 0;
    try {
      for await (const count of moveAll(deadLetters.url, queueUrl, sqs)) moved += count;
    } finally {
      print(`${queue}: moved ${messages(moved)} from ${deadLetters.name}`);
    }
  }
}

/** Moves until no message is visible. @returns how many, batch by batch */
async function* moveAll(from: string, to: string, sqs: SQSClient): AsyncGenerator<number> {
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

const messages = (count: number) => (count === 1 ? '1 message' : `${count} messages`);
