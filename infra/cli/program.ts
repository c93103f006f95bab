import { styleText } from 'node:util';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { spell } from '../../shared/edition/spell.ts';
import { CommandError, type CommandModule, EXIT, type ExitCode, messageOf } from './command.ts';
import { openTerminal, type Page, type Streams, type Terminal } from './terminal/terminal.ts';
import { capitalised } from './terminal/words.ts';

/** A command that a program has. */
export interface Entry {
  readonly about: string;
  /** Called only when the command is asked for: `plan` needs no AWS client. */
  readonly load: () => Promise<CommandModule>;
}

const EXIT_CODES = `
Exit codes: 0, done, and what was asked for is fresh; 1, something failed; 2, the arguments are wrong; 3, invalidated, but not verified; 4, not over within the time limit; 5, done, except for what differs and was left alone.`;

/**
 * A command line, without the process around it: the first argument names one of the commands.
 */
export async function run(
  commands: Readonly<Record<string, Entry>>,
  args: readonly string[],
  streams: Streams,
): Promise<ExitCode> {
  const terminal = openTerminal(streams);
  const program = createProgram(terminal);
  const wanted = args.find(arg => !arg.startsWith('-'));
  for (const [name, { about, load }] of Object.entries(commands)) {
    const command = program
      .command(name)
      .summary(about)
      .showHelpAfterError(`${spell(name, '--help')} explains the options.`);
    if (name === wanted) (await load()).define(command, terminal);
  }
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    terminal.complain(terminal.errorPage.style('red', messageOf(error)));
    return error instanceof CommandError ? error.exitCode : EXIT.failed;
  } finally {
    terminal.progress.stop();
  }
}

/** A program without commands. Those added to it inherit how it prints and fails. */
function createProgram({ page, print, errorPage, complain }: Terminal): Command {
  return new Command()
    .usage('[options]')
    .description('Keeps a CloudFront site as fresh as the S3 bucket behind it.')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showHelpAfterError()
    .exitOverride()
    .addHelpText('after', EXIT_CODES)
    .configureOutput({
      writeOut: text => print(text.trimEnd()),
      writeErr: text => complain(text.trimEnd()),
      outputError: (text, write) =>
        write(errorPage.style('red', capitalised(text.trimEnd().replace(/^error: /, '')))),
      getOutHelpWidth: () => helpWidth(page),
      getErrHelpWidth: () => helpWidth(errorPage),
      getOutHasColors: () => hasColours(page),
      getErrHasColors: () => hasColours(errorPage),
    })
    .configureHelp({
      minWidthToWrap: 20,
      commandUsage: command => spell(command.parent === null ? 'COMMAND' : command.name(), command.usage()),
      subcommandTerm: command => spell(command.name()),
      styleTitle: title => styleText('bold', title, { validateStream: false }),
    });
}

/** Help is prose: without a terminal it keeps to the width that prose has by custom. */
const helpWidth = ({ width }: Page) => (Number.isFinite(width) ? width : 100);

const hasColours = ({ style }: Page) => style('bold', 'x') !== 'x';
