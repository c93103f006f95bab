import { type Command, InvalidArgumentError, type OptionValues } from '@commander-js/extra-typings';
import { AttachmentSettings, readAttachmentSettings, Settings } from '../settings.ts';
import { CommandError, EXIT } from './command.ts';

/** Settings by name, as `-c` options give them. */
export type Context = Readonly<Record<string, string>>;

/** Adds the options that say what is attached to what. */
export function addAttachmentOptions<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
) {
  return command
    .optionsGroup('What to attach to what:')
    .requiredOption('--bucket <name>', "the site's bucket")
    .requiredOption('--distribution <ids>', 'the distributions that show it, with commas between them')
    .requiredOption('--notify <addresses>', 'who gets the mails, with commas between them')
    .option('--region <region>', "the bucket's region", 'us-east-1')
    .option('--stack <name>', 'name of the stack that is made', 'AutoInvalidation')
    .option('-c, --context <name=value>', 'another setting; repeatable', setting);
}

interface GivenOptions {
  readonly bucket: string;
  readonly distribution: string;
  readonly notify: string;
  readonly region: string;
  readonly stack: string;
  readonly context?: Context | undefined;
}

/** What the options say. @throws CommandError that ends the command with 2, naming what is wrong */
export function attachmentSettings(given: GivenOptions): AttachmentSettings {
  const context = contextOf(given);
  return settingsChecked(() => readAttachmentSettings(name => context[name]));
}

/** The options as settings by name. */
export function contextOf(given: GivenOptions): Context {
  return {
    ...given.context,
    bucket: given.bucket,
    distributionId: given.distribution,
    notifyEmail: given.notify,
    region: given.region,
    stackName: given.stack,
  };
}

/** As CDK splits it. Names that no stack knows are most probably misspelt, and CDK ignores them. */
export function setting(text: string, previous: Context = {}): Context {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('It must be a name, = and a value.');
  const isKnown = name in Settings.shape || name in AttachmentSettings.shape || name.startsWith('@aws-cdk');
  if (!isKnown) throw new InvalidArgumentError(`There is no setting ${name}.`);
  return { ...previous, [name]: value };
}

/** @throws CommandError that ends the command with 2 */
export function settingsChecked<Target>(read: () => Target): Target {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CommandError(error.message, { cause: error, exitCode: EXIT.misused });
  }
}
