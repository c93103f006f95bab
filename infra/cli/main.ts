import type { Main } from './stack-command.ts';

/** Each is loaded when it is meant: `plan` needs no AWS client. */
const COMMANDS: Readonly<
  Record<string, { readonly about: string; readonly load: () => Promise<{ main: Main }> }>
> = {
  status: { about: 'what the last refreshes were, and what is going on', load: () => import('./status.ts') },
  refresh: { about: 'refreshes paths by hand, and follows them', load: () => import('./refresh.ts') },
  plan: { about: 'what an upload would invalidate, and why', load: () => import('./plan.ts') },
  redrive: { about: 'puts dead letters back on their queue', load: () => import('./redrive.ts') },
  restore: { about: 'writes a backup of the students back', load: () => import('./restore.ts') },
};

const USAGE = `The student site from the command line.

${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  npm run ${name.padEnd(9)}${about}`)
  .join('\n')}

Options follow two dashes: npm run status -- --local. Each command explains its own: npm run status -- --help.

Exit codes: 0, done, and what was asked for is fresh; 1, something failed; 2, the arguments are wrong.`;

/** The command line, without the process around it: the first argument names the command. */
export const main: Main = async ([name = '--help', ...args], print, complain) => {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return (await command.load()).main(args, print, complain);
  if (name === '--help') {
    print(USAGE);
    return 0;
  }
  complain(`There is no command ${name}\n\n${USAGE}`);
  return 2;
};

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), console.log, console.error);
