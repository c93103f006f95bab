import { InvalidArgumentError } from '@commander-js/extra-typings';
import { setting } from '../../shared/config.ts';
import { tagProblem } from '../../shared/planning/cache-tags.ts';
import { pathProblem } from '../../shared/planning/path-spelling.ts';
import type { ToldUrls } from '../../shared/planning/told-urls.ts';
import { toldUrls } from '../settings.ts';
import { capitalised } from './terminal/words.ts';

// Parsers of option values. To the InvalidArgumentError that each throws, commander adds the name
// of the option and the value.

export function wholeNumber({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  return (value: string): number => {
    const count = setting.count.safeParse(value);
    if (count.success && count.data >= min && count.data <= max) return count.data;
    throw new InvalidArgumentError(`It must be a whole number${range}.`);
  };
}

export function usDollars(value: string): number {
  const amount = setting.amount.safeParse(value);
  if (amount.success) return amount.data;
  throw new InvalidArgumentError('It must be US dollars, such as 0.005.');
}

export function url(value: string): string {
  if (URL.canParse(value)) return value;
  throw new InvalidArgumentError('It must be a URL, such as http://127.0.0.1:4566.');
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000 };

/** @returns milliseconds */
export function timeLimit(value: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([smh])$/.exec(value) ?? [];
  for (const [name, milliseconds] of Object.entries(UNIT_MS))
    if (name === unit) return Number(count) * milliseconds;
  throw new InvalidArgumentError('It must be a time such as 90s, 15m or 2h.');
}

/** An upload as a deploy script knows it. */
export interface Upload {
  readonly key: string;
  /** Without quotes. */
  readonly eTag: string;
}

/** Collects uploads, each `KEY=ETAG`. A key may hold `=`, and an ETag has no quotes or some. */
export function uploads(value: string, previous: readonly Upload[] = []): readonly Upload[] {
  const [, key = '', eTag = ''] = /^(.+)="?([\da-f]{32}(?:-\d+)?)"?$/s.exec(value) ?? [];
  if (eTag === '')
    throw new InvalidArgumentError(
      'It must be KEY=ETAG, such as index.html=d41d8cd98f00b204e9800998ecf8427e.',
    );
  return [...previous, { key, eTag }];
}

/** Collects the paths of an option or argument that takes several, each once. */
export const invalidationPaths = collecting(pathProblem);

/** The same for cache tags. */
export const cacheTags = collecting(tagProblem);

function collecting(problemOf: (value: string) => string | undefined) {
  return (value: string, previous: readonly string[] = []): readonly string[] => {
    const problem = problemOf(value);
    if (problem !== undefined) throw new InvalidArgumentError(`${capitalised(problem)}.`);
    return previous.includes(value) ? previous : [...previous, value];
  };
}

/** Further URLs by pattern of keys, as JSON. */
export function urlsByKeys(value: string): ToldUrls {
  const told = toldUrls.safeParse(value);
  if (told.success) return told.data;
  throw new InvalidArgumentError(`It ${told.error.issues.map(({ message }) => message).join('; ')}.`);
}
