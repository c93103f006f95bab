import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

/** The options of every command about a stack, for `parseArgs`. */
export const STACK_OPTIONS = {
  stack: { type: 'string', default: 'StudentSite' },
  region: { type: 'string', default: 'us-east-1' },
  profile: { type: 'string' },
  local: { type: 'boolean', default: false },
  endpoint: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export const STACK_USAGE = `  --stack NAME     stack that is meant (StudentSite)
  --region REGION  where the stack is (us-east-1)
  --profile NAME   whose credentials are used, as by the AWS CLI (AWS_PROFILE)
  --local          the local cloud, at ${LOCAL_ENDPOINT}
  --endpoint URL   another address than AWS's; with --local, the local cloud's
  --help           this text`;

/** Of commands about one distribution. */
export const DISTRIBUTION_OPTION = { distribution: { type: 'string' } } as const;

export const DISTRIBUTION_USAGE = `  --distribution ID
                   one of the stack's distributions (the first)`;

export interface StackOptions {
  readonly stack: string;
  readonly region: string;
  readonly profile?: string | undefined;
  readonly local: boolean;
  readonly endpoint?: string | undefined;
  readonly help: boolean;
}

export interface StackCommand<Options extends StackOptions> {
  readonly usage: string;
  /** @throws Error naming the argument that is wrong */
  readonly readOptions: (args: readonly string[]) => Options;
  readonly perform: (options: Options, stack: Stack, print: (line: string) => void) => Promise<void>;
  /** What to do about an error, by its code or name, besides what holds for every command. */
  readonly advice?: Readonly<Record<string, string>>;
}

export interface Stack {
  /** Settings of an SDK client for where the stack is. */
  readonly client: {
    readonly region: string;
    readonly profile?: string;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** @throws CommandError when the stack has no such output */
  output(name: string): Promise<string>;
  /**
   * The distribution that is meant: the one asked for, else the stack's first.
   *
   * @throws CommandError naming the stack's when it is none of them
   */
  distribution(asked: string | undefined): Promise<string>;
}

/** 1: something failed, or was left undone; 2: the arguments are wrong, nothing was tried. */
export type ExitCode = 0 | 1 | 2;

/** A failure whose message is all that the user needs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A command, without the process around it. */
export type Main = (
  args: readonly string[],
  /** Takes the lines of the report. */
  print: (line: string) => void,
  /** Takes the lines about what went wrong. */
  complain: (line: string) => void,
) => Promise<ExitCode>;

/** A command about a stack. What goes wrong is explained, never thrown. */
export function stackCommand<Options extends StackOptions>({
  usage,
  readOptions,
  perform,
  advice = {},
}: StackCommand<Options>): Main {
  return async (args, print, complain) => {
    let options: Options;
    let stack: Stack;
    try {
      options = readOptions(args);
      stack = openStack(options);
    } catch (error) {
      complain(`${error instanceof Error ? error.message : error}\n\n${usage}`);
      return 2;
    }
    try {
      if (options.help) print(usage);
      else await perform(options, stack, print);
      return 0;
    } catch (error) {
      complain(explain(error, { ...ADVICE, ...advice }));
      return 1;
    }
  };
}

function openStack(options: StackOptions): Stack {
  const endpoint = options.endpoint ?? (options.local ? LOCAL_ENDPOINT : undefined);
  if (endpoint !== undefined && !URL.canParse(endpoint)) throw new Error(`Not a URL: ${endpoint}`);
  const client = {
    region: options.region,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(options.local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  };
  let asked: ReturnType<typeof outputsOf> | undefined;
  const outputs = () => (asked ??= outputsOf(options.stack, new CloudFormationClient(client)));
  const output = async (name: string) => {
    const value = (await outputs()).get(name);
    if (value !== undefined) return value;
    throw new CommandError(`The stack ${options.stack} has no output ${name}: is it the student site?`);
  };
  return {
    client,
    output,
    async distribution(id) {
      const first = await output('DistributionId');
      const all = (await outputs()).get('DistributionIds')?.split(',') ?? [first];
      if (id === undefined || all.includes(id)) return id ?? first;
      throw new CommandError(`The stack ${options.stack} does not refresh ${id}, but ${all.join(', ')}.`);
    },
  };
}

async function outputsOf(StackName: string, cloudFormation: CloudFormationClient) {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  return new Map(Stacks[0]?.Outputs?.map(output => [output.OutputKey, output.OutputValue]));
}

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers there. Start the local cloud (npm start), or check --endpoint.',
  ENOTFOUND: 'There is no such host. Check --endpoint and --region.',
  CredentialsProviderError: 'Sign in as for the AWS CLI, or use --local for the local cloud.',
  ValidationError: 'Check --stack and --region.',
};

function explain(error: unknown, advice: Readonly<Record<string, string>>): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CommandError) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  const lines = [`${error.name}: ${error.message || code}`, advice[code] ?? advice[error.name]];
  return lines.filter(line => line !== undefined).join('\n');
}
