import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A program that was found. */
export interface Program {
  readonly path: string;
  /** What it says of itself. */
  readonly version: string;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Long enough for a start of Python on a busy machine. */
const TIME_LIMIT_MS = 300_000;

/** Runs a program to its end, whatever its exit status. */
export async function run(
  path: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Outcome> {
  try {
    const output = await promisify(execFile)(path, args, {
      ...options,
      timeout: TIME_LIMIT_MS,
      maxBuffer: 64 * 2 ** 20,
    });
    return { status: 0, ...output };
  } catch (error) {
    const { code, stdout = '', stderr = '', message } = Object(error);
    return { status: typeof code === 'number' ? code : 127, stdout, stderr: stderr || message };
  }
}

/**
 * Looks for a program.
 *
 * @param nameOrPath a name is looked for on the PATH
 * @param version shell command that prints the version of the program `$0`
 * @returns undefined if it is not there, or cannot even print its version
 */
export async function find(nameOrPath: string, version: string): Promise<Program | undefined> {
  const { stdout } = await run('sh', ['-c', 'command -v "$0"', nameOrPath]);
  const path = stdout.trim();
  if (path === '') return undefined;
  const printed = await run('sh', ['-c', version, path]);
  if (printed.status !== 0) return undefined;
  return { path, version: `${printed.stdout}${printed.stderr}`.trim().split('\n')[0] ?? '' };
}
