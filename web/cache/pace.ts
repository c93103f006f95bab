/** While a refresh is running: its steps take seconds. */
const LIVE_PAUSE_MS = 2000;

/** A refresh that runs longer is waiting for CloudFront, possibly for a day. */
const LIVELY_FOR_MS = 120_000;
const PATIENT_PAUSE_MS = 30_000;

const IDLE_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 160_000;

export interface Pace {
  /** How long the newest running refresh has been running; absent if none is. */
  readonly runningForMs?: number | undefined;
  /** Failed checks in a row. */
  readonly failures: number;
  /** `Retry-After` of the last failure. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * Milliseconds until the next check: short while a refresh is running, growing while the API fails.
 * A panel that stays open all day makes fewer than the 10,000 requests that the API allows.
 */
export function pauseMs({ runningForMs, failures, retryAfterSeconds = 0 }: Pace): number {
  if (failures > 0) {
    const backOff = Math.min(IDLE_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    return Math.max(backOff, retryAfterSeconds * 1000);
  }
  if (runningForMs === undefined) return IDLE_PAUSE_MS;
  return runningForMs < LIVELY_FOR_MS ? LIVE_PAUSE_MS : PATIENT_PAUSE_MS;
}
