import type { ExitCode } from './command.ts';
import { PIPELINE_COMMANDS } from './pipeline-commands.ts';
import { run } from './program.ts';
import type { Streams } from './terminal/terminal.ts';

const COMMANDS = {
  ...PIPELINE_COMMANDS,
  restore: { about: 'writes a backup of the students back', load: () => import('./commands/restore.ts') },
};

/** The commands of this repository: `npm run …`. */
export const main = (args: readonly string[], streams: Streams): Promise<ExitCode> =>
  run(COMMANDS, args, streams);

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), process);
