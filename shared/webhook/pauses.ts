/** Seconds before the next try, by how often the receiver has failed. */
const PAUSES = [1, 10, 60, 300, 900, 3600, 7200, 14_400, 28_800];

/** A webhook is given up after the last of them: after 15 hours. */
export const MAX_TRIES = PAUSES.length + 1;

/** @returns undefined after the last try */
export const pauseAfter = (tries: number): number | undefined => PAUSES[tries - 1];
