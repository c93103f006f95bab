import { nameIn, type Pause, type Resumed, resume } from '../../shared/refresh/pause.ts';
import type { Pipeline } from './aws/pipeline.ts';
import type { Stack } from './aws/stack.ts';
import { moment, printable } from './terminal/words.ts';

/** "Paused since 2026-12-01 02:00:00 UTC by jane (migration)" */
export function pauseWords({ since, by, reason }: Pick<Pause, 'since' | 'by' | 'reason'>): string {
  const why = reason === undefined ? '' : ` (${printable(reason)})`;
  return `Paused since ${moment(since)} UTC by ${printable(nameIn(by))}${why}`;
}

/** Puts all that a pause holds into refreshes, and ends it. Safe to repeat. */
export async function resumeStack(
  pause: Pause,
  stack: Stack,
  { table, collectingFor }: Pipeline,
): Promise<Resumed[]> {
  const distributions = (await stack.distributions()).map(id => ({
    id,
    held: table.heldChangesOf(id),
    ...collectingFor(id),
  }));
  return await resume(pause, distributions, { pauses: table.pauses, now: () => new Date() });
}
