import { setTimeout as pause } from 'node:timers/promises';

export interface Waiting {
  /** How long to wait for any one thing, in milliseconds. */
  readonly patienceMs: number;
  /** Ends every wait at once. */
  readonly signal: AbortSignal;
}

/** What was waited for did not come. */
export class OutOfPatienceError extends Error {
  override readonly name = 'OutOfPatience';

  constructor(what: string, patienceMs: number) {
    super(`Waited ${Math.round(patienceMs / 1000)} s in vain for ${what}`);
  }
}

/** Often at first, for a cloud whose time is scaled; then at a pace that AWS does not throttle. */
const PAUSE_MS = { first: 50, longest: 3000, factor: 1.4 };

/**
 * Looks until there is something.
 *
 * @param what completes "Waited in vain for"
 * @throws OutOfPatienceError
 * @throws AbortError once the signal is aborted
 */
export async function until<Found>(
  look: () => Promise<Found | undefined>,
  what: string,
  { patienceMs, signal }: Waiting,
): Promise<Found> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * PAUSE_MS.factor, PAUSE_MS.longest)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() >= deadline) throw new OutOfPatienceError(what, patienceMs);
    await pause(pauseMs, undefined, { signal });
  }
}
