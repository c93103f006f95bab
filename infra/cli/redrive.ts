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
import { counted } from './text.ts';

const USAGE = `Puts dead letters back on their queue, to be tried again once their cause is mended.

  npm run redrive -- [options]

  --dry-run        only tell how many there are
  --json           tell it as JSON
${STACK_USAGE}

Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

/** Short polling asks only some of SQS's servers and may find nothing where there is something. */
const LONG_POLL_SECONDS = 1;
/** The most that one ReceiveMessage answers. */
const BATCH_SIZE = 10;

/** `npm run redrive` */
export const main = stackCommand({ usage: USAGE, readOptions, perform: redriveStack });

function readOptions(args: readonly string[]) {
  const options = {
    ...STACK_OPTIONS,
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  return parseArgs({ args: [...args], options }).values;
}

/** What became of a queue's dead letters. */
interface Redriven {
  readonly queue: string;
  readonly deadLetterQueue: string;
  /** Moved, or in a dry run to be moved. */
  readonly messages: number;
}

async function redriveStack(
  { json, 'dry-run': dryRun }: ReturnType<typeof readOptions>,
  stack: Stack,
  print: (line: string) => void,
): Promise<void> {
  const sqs = new SQSClient(stack.client);
  const report: Redriven[] = [];
  const tell = (redriven: Redriven) => {
    report.push(redriven);
    if (!json) print(describe(redriven, dryRun));
  };
  try {
    for (const queueUrl of await Promise.all(QUEUE_OUTPUTS.map(stack.output)))
      await redriveQueue(queueUrl, { dryRun, sqs, tell });
  } finally {
    if (json) print(JSON.stringify(report));
  }
}

interface Redriving {
  readonly dryRun: boolean;
  readonly sqs: SQSClient;
  readonly tell: (redriven: Redriven) => void;
}

async function redriveQueue(queueUrl: string, { dryRun, sqs, tell }: Redriving): Promise<void> {
  const { name: deadLetterQueue, url } = await deadLettersOf(queueUrl, sqs);
  const names = { queue: queueUrl.split('/').at(-1) ?? '', deadLetterQueue };
  if (dryRun) {
    tell({ ...names, messages: await countIn(url, sqs) });
    return;
  }
  let messages = 0;
  try {
    for await (const count of moveAll(url, queueUrl, sqs)) messages += count;
  } finally {
    tell({ ...names, messages });
  }
}

function describe({ queue, deadLetterQueue, messages }: Redriven, dryRun: boolean): string {
  return `${queue}: ${dryRun ? 'would move' : 'moved'} ${counted(messages, 'message')} from ${deadLetterQueue}`;
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
