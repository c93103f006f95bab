import type { Served } from './served.ts';
import type { UnaskedCode } from './unasked.ts';

/**
 * Which copy of an object the edge is asked for: the one that browsers get, maybe compressed, or
 * the one that is stored. CloudFront keeps them as two entries, so one says nothing about the
 * other.
 */
export type Form = 'browser' | 'stored';

export interface Question {
  readonly form: Form;
  /** Whether the content is wanted as well. */
  readonly withBody: boolean;
}

/** Largest content that is compared byte by byte. */
export const MAX_COMPARED_BYTES = 64 * 1024;

/** A distribution as its viewers reach it. */
export interface Edge {
  /** Its name, for sentences about it: `d111111abcdef8.cloudfront.net`. */
  readonly host: string;
  /** Asks once. Redirects are followed within the site's own hosts. */
  ask(requestPath: string, question: Question): Promise<EdgeAnswer>;
}

export type EdgeAnswer = ObjectAnswer | AbsentAnswer | UnaskedAnswer | NoAnswer;

interface Answer {
  /** The addresses that the edge redirected to, one after the other. */
  readonly redirects: readonly string[];
}

export interface ObjectAnswer extends Answer {
  readonly kind: 'object';
  readonly served: Served;
  /** Decoded; absent unless it was asked for and has at most `MAX_COMPARED_BYTES`. */
  readonly body?: Uint8Array;
}

/** The origin says that there is no object. */
export interface AbsentAnswer extends Answer {
  readonly kind: 'absent';
}

/** An answer that says nothing about the object. */
export interface UnaskedAnswer extends Answer {
  readonly kind: 'unasked';
  readonly code: UnaskedCode;
  /** See `Unasked` in unasked.ts. */
  readonly reason: string;
}

/** There was no answer, or one that may be another in a moment. */
export interface NoAnswer {
  readonly kind: 'none';
  /** With the URL, such as `https://…/a.css did not answer: connect ECONNREFUSED 127.0.0.1:443`. */
  readonly problem: string;
}
