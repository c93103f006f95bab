/** While a refresh runs: its steps take seconds. */
const LIVE_PAUSE_MS = 2000;

/** One that runs for longer waits for CloudFront, perhaps for a day. */
const LIVELY_FOR_MS = 120_000;
const PATIENT_PAUSE_MS = 30_000;

const IDLE_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 160_000;

export interface Pace {
  /** For how long the youngest running refresh has been running; absent while none runs. */
  readonly runningForMs?: number | undefined;
  /** Looks that failed, one after the other. */
  readonly failures: number;
  /** What the API asked for at the last failure. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * How long to wait for the next look: short while a refresh runs, longer and longer while the API fails. A panel that is looked
 * at for a whole day stays below the API's 10,000 requests.
 */
export function pauseMs({ runningForMs, failures, retryAfterSeconds = 0 }: Pace): number {
  if (failures > 0) {
    const backOff = Math.min(IDLE_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    return Math.max(backOff, retryAfterSeconds * 1000);
  }
  if (runningForMs === undefined) return IDLE_PAUSE_MS;
  return runningForMs < LIVELY_FOR_MS ? LIVE_PAUSE_MS : PATIENT_PAUSE_MS;
}
