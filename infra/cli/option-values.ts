import { InvalidArgumentError } from '@commander-js/extra-typings';
import { setting } from '../../shared/config.ts';
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

/** Collects the paths of an option or argument that takes several, each once. */
export function invalidationPaths(value: string, previous: readonly string[] = []): readonly string[] {
  const problem = pathProblem(value);
  if (problem !== undefined) throw new InvalidArgumentError(`${capitalised(problem)}.`);
  return previous.includes(value) ? previous : [...previous, value];
}

/** Further URLs by pattern of keys, as JSON. */
export function urlsByKeys(value: string): ToldUrls {
  const told = toldUrls.safeParse(value);
  if (told.success) return told.data;
  throw new InvalidArgumentError(`It ${told.error.issues.map(({ message }) => message).join('; ')}.`);
}
