import type { Main } from '../../infra/cli/stack-command.ts';

/** Runs a command without its process; what it printed and complained of, a line each. */
export async function runCommand(main: Main, args: readonly string[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const exitCode = await main(
    args,
    line => printed.push(line),
    line => complaints.push(line),
  );
  return { exitCode, printed: printed.join('\n'), complaint: complaints.join('\n') };
}
