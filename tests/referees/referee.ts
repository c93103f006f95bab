import type { Program } from './program.ts';

/** What a referee was asked, and what it said. */
export interface Ruling {
  readonly asked: string;
  /** Undefined if it agreed; else what it said instead, with the evidence. */
  readonly objection?: string;
}

/**
 * A program of somebody else's that knows AWS without us. It judges what the suites can only
 * compare with our own reading of AWS's documents.
 */
export interface Referee {
  /** What it is called on the command line and in the report. */
  readonly name: string;
  /** The program that must be on the PATH. */
  readonly program: string;
  /** A shell command that prints the version of the program `$0`, and fails if it cannot judge. */
  readonly version: string;
  /** What it judges, in a phrase. */
  readonly judges: string;
  rule(program: Program): AsyncIterable<Ruling>;
}

/** A ruling on whether something holds. */
export function ruling(asked: string, holds: boolean, evidence: string): Ruling {
  return holds ? { asked } : { asked, objection: evidence.trim() };
}
