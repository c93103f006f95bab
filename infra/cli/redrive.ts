import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';

const USAGE = `Puts dead letters back on their queue, to be tried again once their cause is mended.

  npm run redrive -- [options]

  --stack NAME     stack whose queues are meant (StudentSite)
  --region REGION  where the stack is (us-east-1)
  --local          the local cloud, at http://127.0.0.1:4566
  --endpoint URL   another address than AWS's; with --local, the local cloud's
  --dry-run        only tell how many there are
  --help           this text

Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

/** The stack's outputs that name a queue with dead letters. */
const QUEUE_OUTPUTS = ['SiteChangesQueueUrl', 'MailQueueUrl'];

/** Short polling asks only some of SQS's servers and may find nothing where there is something. */
const LONG_POLL_SECONDS = 1;
/** The most that one ReceiveMessage answers. */
const BATCH_SIZE = 10;

const RedrivePolicy = z.object({ deadLetterTargetArn: z.string() });

/** A failure whose message is all that the user needs. */
class RedriveError extends Error {
  override readonly name = 'RedriveError';
}

/**
 * The command, without the process around it.
 *
 * @param print takes the lines of the report
 * @param complain takes the lines about what went wrong
 * @returns the exit code: 0, or 1 when anything was left undone
 */
export async function main(
  args: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<0 | 1> {
  try {
    const options = readOptions(args);
    if (options.help) print(USAGE);
    else await redriveStack(options, print);
    return 0;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        stack: { type: 'string', default: 'StudentSite' },
        region: { type: 'string', default: 'us-east-1' },
        endpoint: { type: 'string' },
        local: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const endpoint = values.endpoint ?? (values.local ? LOCAL_ENDPOINT : undefined);
    if (endpoint !== undefined && !URL.canParse(endpoint)) throw new Error(`Not a URL: ${endpoint}`);
    return { ...values, endpoint };
  } catch (error) {
    throw new RedriveError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`, { cause: error });
  }
}

type Options = ReturnType<typeof readOptions>;

async function redriveStack(options: Options, print: (line: string) => void): Promise<void> {
  const client = {
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  };
  const sqs = new SQSClient(client);
  for (const queueUrl of await queuesOf(options.stack, new CloudFormationClient(client))) {
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

async function queuesOf(stack: string, cloudFormation: CloudFormationClient): Promise<string[]> {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = new Map(Stacks[0]?.Outputs?.map(output => [output.OutputKey, output.OutputValue]));
  return QUEUE_OUTPUTS.map(name => {
    const url = outputs.get(name);
    if (url !== undefined) return url;
    throw new RedriveError(`The stack ${stack} has no output ${name}: is it the student site?`);
  });
}

async function deadLettersOf(queueUrl: string, sqs: SQSClient): Promise<{ name: string; url: string }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  if (Attributes?.RedrivePolicy === undefined) throw new RedriveError(`${queueUrl} has no dead-letter queue`);
  const { deadLetterTargetArn } = RedrivePolicy.parse(JSON.parse(Attributes.RedrivePolicy));
  const [account, name = ''] = deadLetterTargetArn.split(':').slice(4);
  const { QueueUrl = '' } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }),
  );
  return { name, url: QueueUrl };
}

async function countIn(queueUrl: string, sqs: SQSClient): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
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

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers there. Start the local cloud (npm start), or check --endpoint.',
  ENOTFOUND: 'There is no such host. Check --endpoint and --region.',
  CredentialsProviderError: 'Sign in as for the AWS CLI, or use --local for the local cloud.',
  ValidationError: 'Check --stack and --region.',
};

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof RedriveError) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  const advice = ADVICE[code] ?? ADVICE[error.name];
  return [`${error.name}: ${error.message || code}`, advice].filter(line => line !== undefined).join('\n');
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), console.log, console.error);
