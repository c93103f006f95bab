import type { Command } from '@commander-js/extra-typings';
import type { Terminal } from './terminal/terminal.ts';

/** What a file in `commands/` exports. */
export interface CommandModule {
  /** Gives a command that has its name already a description, its options and its action. */
  define(command: Command, terminal: Terminal): void;
}

export const EXIT = {
  /** All is well; with `--wait`, fresh. */
  done: 0,
  /** Something failed, or was left undone. */
  failed: 1,
  /** The arguments are wrong. Nothing was tried. */
  misused: 2,
  /** Invalidated, but the edge could not be asked whether it is fresh. */
  unverified: 3,
  /** The time limit passed first. */
  late: 4,
  /** Done, but for what somebody has changed and only they may decide about. */
  leftAlone: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure whose message is all that the user needs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    { cause, exitCode = EXIT.failed }: { cause?: unknown; exitCode?: ExitCode } = {},
  ) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** An error for people: its name as well, unless the message was written for them. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CommandError) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  return `${error.name}: ${error.message || code}`;
}
