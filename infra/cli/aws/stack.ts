import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CommandError } from '../command.ts';

export interface StackAddress {
  readonly stack: string;
  readonly region: string;
  readonly profile?: string | undefined;
  /** In the local cloud, which takes any credentials. */
  readonly local?: boolean | undefined;
  readonly endpoint?: string | undefined;
}

export interface Stack {
  readonly name: string;
  /** Settings of an SDK client for where the stack is. */
  readonly client: {
    readonly region: string;
    readonly profile?: string;
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** @throws CommandError when the stack has no such output */
  output(name: string): Promise<string>;
  /** Undefined when the stack has no such output, as it may. */
  optionalOutput(name: string): Promise<string | undefined>;
  /**
   * The distribution to work on: the one asked for, or the stack's first.
   *
   * @throws CommandError naming the stack's distributions when it is none of them
   */
  distribution(asked: string | undefined): Promise<string>;
  /** Every distribution of the stack, its first one first. */
  distributions(): Promise<readonly string[]>;
}

export const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

/** Asks nothing of AWS yet; the stack's outputs are read once, when the first one is needed. */
export function openStack({
  stack,
  region,
  profile,
  local,
  endpoint = local ? LOCAL_ENDPOINT : undefined,
}: StackAddress): Stack {
  const client = {
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  };
  let asked: ReturnType<typeof outputsOf> | undefined;
  const outputs = () => (asked ??= outputsOf(stack, new CloudFormationClient(client)));
  const optionalOutput = async (name: string) => (await outputs()).get(name);
  const output = async (name: string) => {
    const value = await optionalOutput(name);
    if (value !== undefined) return value;
    throw new CommandError(
      `The stack ${stack} has no output ${name}. Name a stack of this project with --stack, or deploy it again: it may be older than this command.`,
    );
  };
  const distributions = async () => {
    const first = await output('DistributionId');
    return (await outputs()).get('DistributionIds')?.split(',') ?? [first];
  };
  return {
    name: stack,
    client,
    output,
    distributions,
    optionalOutput,
    async distribution(id) {
      const all = await distributions();
      const asked = id ?? (await output('DistributionId'));
      if (all.includes(asked)) return asked;
      throw new CommandError(`The stack ${stack} does not refresh ${asked}, but ${all.join(', ')}.`);
    },
  };
}

async function outputsOf(StackName: string, cloudFormation: CloudFormationClient) {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  return new Map(Stacks[0]?.Outputs?.map(output => [output.OutputKey, output.OutputValue]));
}
