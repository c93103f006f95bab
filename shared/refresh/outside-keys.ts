import * as z from 'zod/mini';

/** Changed keys of one UTC day that no distribution shows. */
export const OutsideKeys = z.object({
  /** How many changes. */
  count: z.int(),
  /** The first of the keys. */
  keys: z.array(z.string()),
});
export type OutsideKeys = Readonly<z.infer<typeof OutsideKeys>>;

/** As many as show somebody which folder they are in. */
export const MAX_OUTSIDE_LISTED = 5;

/**
 * Keeps what was left aside because it lies outside every origin path. That is right for a folder
 * which nobody shows, and wrong after a distribution has been switched to another origin path: only
 * the owner knows.
 */
export interface OutsideLog {
  /** Adds changes of today. One that is told twice counts twice. */
  note(keys: readonly string[]): Promise<void>;
  /** Those of today and yesterday; undefined if there are none. */
  recent(): Promise<OutsideKeys | undefined>;
}
