import { type Command, InvalidArgumentError, type OptionValues } from '@commander-js/extra-typings';
import { AttachmentSettings, readAttachmentSettings, Settings } from '../settings.ts';
import { SettingsError } from '../settings-error.ts';
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
  return settingsChecked(() => readAttachmentSettings(name => context[name]), given.context, given);
}

/** Options that are settings of another name. */
const OPTIONS = {
  bucket: 'bucket',
  distributionId: 'distribution',
  notifyEmail: 'notify',
  region: 'region',
  stackName: 'stack',
} as const;

/** The options as settings by name. */
export function contextOf(given: GivenOptions): Context {
  const own = Object.entries(OPTIONS).map(([name, option]) => [name, given[option]]);
  return { ...given.context, ...Object.fromEntries(own) };
}

/** As CDK splits it. Names that no stack knows are most probably misspelt, and CDK ignores them. */
export function setting(text: string, previous: Context = {}): Context {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('It must be a name, = and a value.');
  const isKnown = name in Settings.shape || name in AttachmentSettings.shape || name.startsWith('@aws-cdk');
  if (!isKnown) throw new InvalidArgumentError(`There is no setting ${name}.`);
  return { ...previous, [name]: value };
}

/**
 * Reads settings.
 *
 * @param context what -c options gave
 * @param options what options of their own gave, if the command has them
 * @throws CommandError that ends the command with 2, naming each wrong setting as it was typed
 */
export function settingsChecked<Target>(
  read: () => Target,
  context: Context = {},
  options: Partial<GivenOptions> = {},
): Target {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const lines = error.problems.map(({ setting, problem }) => {
      const option = Object.entries(OPTIONS).find(([name]) => name === setting)?.[1];
      if (option !== undefined && options[option] !== undefined)
        return `--${option} ${options[option]}: ${problem}`;
      const value = context[setting];
      return value === undefined ? `${setting}: ${problem}` : `-c ${setting}=${value}: ${problem}`;
    });
    throw new CommandError(lines.join('\n'), { cause: error, exitCode: EXIT.misused });
  }
}
