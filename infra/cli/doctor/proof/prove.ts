import type { Stack } from '../../aws/stack.ts';
import { CommandError } from '../../command.ts';
import type { Findings } from '../finding.ts';

export interface ProofOptions {
  /** Also asks for 3,000 paths at once, which costs the most. */
  readonly manyPaths: boolean;
}

/** What the proof costs, told before it starts. */
export function costOfProof(_: ProofOptions): string {
  return 'Nothing is charged: there is no proof yet.';
}

/**
 * Proves a deployed system with objects of its own.
 *
 * @throws CommandError always: it is not written yet
 */
export function prove(_stack: Stack, _options: ProofOptions): Findings {
  throw new CommandError('This version cannot prove a deployed stack yet..');
}
