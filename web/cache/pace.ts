/** While a refresh runs: its steps take seconds. */
const LIVE_PAUSE_MS = 2000;

/** A page that is looked at for a whole day stays below the API's 10,000 requests. */
const IDLE_PAUSE_MS = 10_000;

const LONGEST_PAUSE_MS = 160_000;

export interface Pace {
  /** Whether something is under way. */
  readonly isLive: boolean;
  /** Looks that failed, one after the other. */
  readonly failures: number;
  /** What the API asked for at the last failure. */
  readonly retryAfterSeconds?: number | undefined;
}

/** How long to wait for the next look: short while a refresh runs, longer and longer while the API fails. */
export function pauseMs({ isLive, failures, retryAfterSeconds = 0 }: Pace): number {
  if (failures === 0) return isLive ? LIVE_PAUSE_MS : IDLE_PAUSE_MS;
  const backOff = Math.min(IDLE_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return Math.max(backOff, retryAfterSeconds * 1000);
}
