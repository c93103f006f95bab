import { Readable } from 'node:stream';
import type { main } from '../../infra/cli/main.ts';
import { recordedScreen } from './terminal.ts';

interface Around {
  /** What is on standard input. */
  readonly input?: string;
  /** Width of the terminal that both streams are. @default they are no terminal */
  readonly columns?: number;
}

/** Runs a command without its process. Returns what it wrote, without the last newlines. */
export async function runCommand(
  run: typeof main,
  args: readonly string[],
  { input = '', columns }: Around = {},
) {
  const [stdout, stderr] = [recordedScreen(columns), recordedScreen(columns)];
  const streams = { stdin: Readable.from([input]), stdout: stdout.stream, stderr: stderr.stream };
  const exitCode = await run(args, streams);
  return { exitCode, printed: stdout.written(), complaint: stderr.written() };
}
