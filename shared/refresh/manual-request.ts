import * as z from 'zod/mini';
import { type FieldProblem, RequestRefusedError } from '../http/refusal.ts';
import { tagProblem } from '../planning/cache-tags.ts';
import { pathProblem } from '../planning/path-spelling.ts';
import { type CollectDependencies, collect } from './collect.ts';
import { isPaused, type PauseStore } from './pause.ts';
import { RefreshRefusedError } from './refusal.ts';

/** CloudFront's limit of exact paths and tags in progress. It would refuse more. */
const MAX_REQUESTED_PATHS = 3000;

const NUMBER_OF_PATHS = `Give 1 to ${MAX_REQUESTED_PATHS} paths, such as "/docs/*".`;
const NUMBER_OF_TAGS = `Give 1 to ${MAX_REQUESTED_PATHS} tags, such as "product:1".`;

const listOf = (advice: string) =>
  z
    .array(z.string('It must be a string.'), advice)
    .check(z.minLength(1, advice), z.maxLength(MAX_REQUESTED_PATHS, advice));

/** What may be asked for by hand: see `requireSome`. */
export const ASKED = {
  paths: z.optional(listOf(NUMBER_OF_PATHS)),
  /** Cache tags. Their case does not count. */
  tags: z.optional(listOf(NUMBER_OF_TAGS)),
};

/** Either paths or tags have to be there. */
export const requireSome = z.refine<Partial<Record<keyof typeof ASKED, readonly string[] | undefined>>>(
  ({ paths, tags }) => paths !== undefined || tags !== undefined,
  { path: ['paths'], error: NUMBER_OF_PATHS },
);

/** A refresh asked for by hand. */
export const ManualRequest = z.strictObject(ASKED).check(requireSome);

/** Paths and cache tags asked for by hand, each once. */
export interface Asked {
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}

/** Each once, and tags in lower case: CloudFront takes no notice of their case. */
export function askedIn({ paths = [], tags = [] }: z.infer<typeof ManualRequest>): Asked {
  return { paths: [...new Set(paths)], tags: [...new Set(tags.map(tag => tag.toLowerCase()))] };
}

/** A path or tag that CloudFront would refuse, with the reason. */
interface AskedProblem {
  readonly list: 'paths' | 'tags';
  readonly index: number;
  readonly problem: string;
}

/** The paths and tags that CloudFront would refuse. */
export function askedProblems({ paths = [], tags = [] }: z.infer<typeof ManualRequest>): AskedProblem[] {
  const problemsIn = (list: AskedProblem['list'], all: readonly string[], check: typeof pathProblem) =>
    all.flatMap((item, index) => {
      const problem = check(item);
      return problem === undefined ? [] : [{ list, index, problem }];
    });
  return [...problemsIn('paths', paths, pathProblem), ...problemsIn('tags', tags, tagProblem)];
}

/**
 * Reads a request to the API.
 *
 * @throws RequestRefusedError ValidationFailed, naming every wrong path and tag
 */
export function readManualRequest(input: unknown): Asked {
  const parsed = ManualRequest.safeParse(input);
  const problems = parsed.success
    ? askedProblems(parsed.data).map(({ list, index, problem }) => ({
        field: `${list}[${index}]`,
        message: `The ${list === 'paths' ? 'path' : 'tag'} cannot be sent: ${problem}.`,
      }))
    : parsed.error.issues.flatMap(problemsOf);
  if (parsed.success && problems.length === 0) return askedIn(parsed.data);
  throw validationFailed('Some paths need another look.', problems);
}

function validationFailed(message: string, problems: readonly FieldProblem[]): RequestRefusedError {
  return new RequestRefusedError('ValidationFailed', message, problems);
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
  readonly pauses: Pick<PauseStore, 'current'>;
  readonly allowance: ManualAllowance;
  readonly pathsPerDay: number;
  /** Whether objects can be purged by cache tags. */
  readonly takesTags: () => Promise<boolean>;
  readonly now: () => Date;
}

/** What has to be done before a distribution takes cache tags. */
export const NO_TAGS = 'The distribution has no cache tags: set its CacheTagConfig first.';

/**
 * Puts what was asked for by hand into the open refresh.
 *
 * @returns the id of the refresh that took it
 * @throws RefreshRefusedError Paused, or TooManyRefreshes if too little of the day's allowance is
 *   left
 * @throws RequestRefusedError ValidationFailed if there are tags, and the distribution takes none
 */
export async function requestRefresh(
  { paths, tags }: Asked,
  { pauses, allowance, pathsPerDay, takesTags, now, ...dependencies }: ManualDependencies,
): Promise<string> {
  if (tags.length > 0 && !(await takesTags()))
    throw validationFailed('Some tags need another look.', [{ field: 'tags', message: NO_TAGS }]);
  if (isPaused(await pauses.current()))
    throw new RefreshRefusedError('Paused', 'Refreshes are paused. Ask again once they are resumed.');
  const day = now().toISOString().slice(0, 10);
  if (!(await allowance.take(day, paths.length + tags.length, pathsPerDay))) {
    throw new RefreshRefusedError(
      'TooManyRefreshes',
      `A day allows ${pathsPerDay} paths by hand, and too few are left. Ask for fewer, or ask tomorrow (UTC).`,
    );
  }
  return await collect({ objects: [], paths, tags }, dependencies);
}
