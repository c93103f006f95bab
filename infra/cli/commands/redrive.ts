import { SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from '@commander-js/extra-typings';
import { countIn, deadLettersOf, moveAll, queueName, queueUrlsOf } from '../aws/queues.ts';
import type { Stack } from '../aws/stack.ts';
import { addStackOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/words.ts';

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Puts dead letters back on their queue, to be tried again once their cause is fixed.')
    .option('--dry-run', 'only count them')
    .option('--json', 'print the report as JSON');
  addStackOptions(options).action(options => onStack(options, stack => redrive(options, stack, terminal)));
}

interface Options {
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What became of a queue's dead letters. */
interface Redriven {
  readonly queue: string;
  readonly deadLetterQueue: string;
  /** Moved, or in a dry run to be moved. */
  readonly messages: number;
}

async function redrive({ json, dryRun = false }: Options, stack: Stack, terminal: Terminal): Promise<void> {
  const sqs = new SQSClient(stack.client);
  const report: Redriven[] = [];
  const tell = (redriven: Redriven) => {
    report.push(redriven);
    if (!json) terminal.print(describe(redriven, dryRun));
  };
  try {
    for (const queueUrl of await queueUrlsOf(stack))
      await redriveQueue(queueUrl, { dryRun, sqs, tell, progress: terminal.progress });
  } finally {
    if (json) terminal.print(JSON.stringify(report));
  }
}

interface Redriving {
  readonly dryRun: boolean;
  readonly sqs: SQSClient;
  readonly tell: (redriven: Redriven) => void;
  readonly progress: Terminal['progress'];
}

async function redriveQueue(queueUrl: string, { dryRun, sqs, tell, progress }: Redriving): Promise<void> {
  const { name: deadLetterQueue, url } = await deadLettersOf(queueUrl, sqs);
  const queue = queueName(queueUrl);
  if (dryRun) {
    tell({ queue, deadLetterQueue, messages: await countIn(url, sqs) });
    return;
  }
  let messages = 0;
  try {
    progress.update(() => `${queue}: looking for dead letters`);
    for await (const count of moveAll(url, queueUrl, sqs)) {
      messages += count;
      progress.update(() => `${queue}: ${counted(messages, 'message')} moved`);
    }
  } finally {
    tell({ queue, deadLetterQueue, messages });
  }
}

function describe({ queue, deadLetterQueue, messages }: Redriven, dryRun: boolean): string {
  return `${queue}: ${dryRun ? 'would move' : 'moved'} ${counted(messages, 'message')} from ${deadLetterQueue}`;
}
