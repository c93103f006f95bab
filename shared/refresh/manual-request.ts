import * as z from 'zod/mini';
import { RequestRefusedError } from '../http/refusal.ts';
import { pathProblem } from '../planning/path-spelling.ts';
import { type CollectDependencies, collect } from './collect.ts';
import { RefreshRefusedError } from './refusal.ts';

/** CloudFront's limit of exact paths in progress. It would refuse more. */
const MAX_REQUESTED_PATHS = 3000;

const NUMBER_OF_PATHS = `Give 1 to ${MAX_REQUESTED_PATHS} paths, such as "/docs/*".`;

/** A refresh asked for by hand. */
export const ManualRequest = z.strictObject({
  paths: z
    .array(z.string('It must be a string.'), NUMBER_OF_PATHS)
    .check(z.minLength(1, NUMBER_OF_PATHS), z.maxLength(MAX_REQUESTED_PATHS, NUMBER_OF_PATHS)),
});

/** The paths that CloudFront would refuse, by index, with the reason. */
export function pathProblems(paths: readonly string[]): { index: number; problem: string }[] {
  return paths.flatMap((path, index) => {
    const problem = pathProblem(path);
    return problem === undefined ? [] : [{ index, problem }];
  });
}

/**
 * Reads a request to the API.
 *
 * @returns the paths, each once
 * @throws RequestRefusedError ValidationFailed, naming every wrong path
 */
export function readManualRequest(input: unknown): readonly string[] {
  const parsed = ManualRequest.safeParse(input);
  const problems = parsed.success
    ? pathProblems(parsed.data.paths).map(({ index, problem }) => ({
        field: `paths[${index}]`,
        message: `The path cannot be sent: ${problem}.`,
      }))
    : parsed.error.issues.flatMap(problemsOf);
  if (parsed.success && problems.length === 0) return [...new Set(parsed.data.paths)];
  throw new RequestRefusedError('ValidationFailed', 'Some paths need another look.', problems);
}

function problemsOf(issue: z.core.$ZodIssue) {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ field: key.slice(0, 64), message: 'There is no such field.' }));
  const [field = '', index] = issue.path;
  const place = index === undefined ? String(field) : `${String(field)}[${String(index)}]`;
  return [{ field: place, message: issue.message }];
}

/** Limits the paths asked for by hand per day: anyone who can open the site can ask. */
export interface ManualAllowance {
  /**
   * Takes paths off a UTC day's allowance, `2026-11-22`; false, taking none, if too little is left.
   */
  take(day: string, paths: number, pathsPerDay: number): Promise<boolean>;
}

export interface ManualDependencies extends CollectDependencies {
  readonly allowance: ManualAllowance;
  readonly pathsPerDay: number;
  readonly now: () => Date;
}

/**
 * Puts paths asked for by hand into the open refresh.
 *
 * @returns the id of the refresh that took them
 * @throws RefreshRefusedError TooManyRefreshes if too little of the day's allowance is left
 */
export async function requestRefresh(
  paths: readonly string[],
  { allowance, pathsPerDay, now, ...dependencies }: ManualDependencies,
): Promise<string> {
  const day = now().toISOString().slice(0, 10);
  if (!(await allowance.take(day, paths.length, pathsPerDay))) {
    throw new RefreshRefusedError(
      'TooManyRefreshes',
      `A day allows ${pathsPerDay} paths by hand, and too few are left. Ask for fewer, or ask tomorrow (UTC).`,
    );
  }
  return await collect({ objects: [], paths }, dependencies);
}
