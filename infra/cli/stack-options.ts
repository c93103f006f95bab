import type { Command, OptionValues } from '@commander-js/extra-typings';
import { DEFAULT_STACK } from '#edition';
import { LOCAL_ENDPOINT, openStack, type Stack, type StackAddress } from './aws/stack.ts';
import { CommandError, messageOf } from './command.ts';
import { url } from './option-values.ts';

/** Adds the options of every command about a stack. */
export function addStackOptions<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
) {
  return addAccountOptions(
    command
      .optionsGroup('Which stack:')
      .option('--stack <name>', 'name of the stack', DEFAULT_STACK)
      .option('--region <region>', 'region of the stack', 'us-east-1'),
  );
}

/** Adds the options that say which account is asked. */
export function addAccountOptions<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
) {
  return command
    .option(
      '--profile <name>',
      'profile whose credentials to use, as with the AWS CLI (default: AWS_PROFILE)',
    )
    .option('--local', `use the local cloud, at ${LOCAL_ENDPOINT}`)
    .option('--endpoint <url>', 'another address than AWS; with --local, that of the local cloud', url);
}

/** For commands about one distribution. */
export const DISTRIBUTION_FLAGS = '--distribution <id>';
export const DISTRIBUTION_HELP = "one of the stack's distributions (default: its first)";

/** What to do about an error, by its code or name. */
export type Advice = Readonly<Record<string, string>>;

const ADVICE: Advice = {
  ECONNREFUSED: 'Nothing answers there. Start the local cloud (npm start), or check --endpoint.',
  ENOTFOUND: 'There is no such host. Check --endpoint and --region.',
  CredentialsProviderError: 'Sign in as for the AWS CLI, or use --local for the local cloud.',
  ValidationError: 'Check --stack and --region.',
};

/**
 * Opens a stack and works on it.
 *
 * @param advice the command's own, besides what holds for all of them
 * @throws CommandError saying what went wrong, and what to do if that is known
 */
export async function onStack<Result>(
  address: StackAddress,
  perform: (stack: Stack) => Promise<Result>,
  advice: Advice = {},
): Promise<Result> {
  try {
    return await perform(openStack(address));
  } catch (error) {
    throw withAdvice(error, { ...ADVICE, ...advice });
  }
}

function withAdvice(error: unknown, advice: Advice): unknown {
  if (!(error instanceof Error) || error instanceof CommandError) return error;
  const known = ('code' in error ? advice[String(error.code)] : undefined) ?? advice[error.name];
  if (known === undefined) return error;
  return new CommandError(`${messageOf(error)}\n${known}`, { cause: error });
}
