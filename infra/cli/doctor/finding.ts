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

/** What a check found out, without what it was about. */
export type Outcome = Omit<Finding, 'about'>;

export const confirmed = (evidence: string): Outcome => ({ verdict: 'confirmed', evidence });

/** @param remedy what to do, with the exact command */
export const refuted = (evidence: string, remedy: string): Outcome => ({
  verdict: 'refuted',
  evidence,
  remedy,
});

/** @param remedy what would let the question be asked, if anything does */
export const untestable = (evidence: string, remedy?: string): Outcome => ({
  verdict: 'untestable',
  evidence,
  ...(remedy === undefined ? {} : { remedy }),
});

/** @param remedy what to do if it is not as it should be */
export function judged(isRight: boolean, evidence: string, remedy: string): Outcome {
  return isRight ? confirmed(evidence) : refuted(evidence, remedy);
}

/** Findings as they are made, so that each can be shown at once. */
export type Findings = AsyncIterable<Finding>;
