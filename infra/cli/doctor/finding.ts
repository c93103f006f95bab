/** What one check of the doctor found out. */
export interface Finding {
  /** What was looked at, in a few words: `sender of the mails`. */
  readonly about: string;
  readonly verdict: Verdict;
  /** What was seen: values, ids, counts. */
  readonly evidence: string;
  /** What to do about it, with the exact command; absent where nothing needs doing. */
  readonly remedy?: string;
}

/**
 * `untestable` where this account, endpoint or permission does not let the question be asked: the
 * evidence says why.
 */
export type Verdict = 'confirmed' | 'refuted' | 'untestable';

/** Findings as they are made, so that each can be shown at once. */
export type Findings = AsyncIterable<Finding>;
