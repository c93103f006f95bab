import { isTagPath, tagProblem } from '../../shared/planning/cache-tags.ts';
import { pathProblem, requestPath } from '../../shared/planning/path-spelling.ts';
import { CLOUDFRONT_LIMITS } from '../../shared/planning/prices.ts';

/** Paths as typed, one per line; a line that begins with # is a cache tag. */
export interface PathsAsked {
  /** Each once, in order. */
  readonly paths: readonly string[];
  /**
   * What is wrong with the first line that CloudFront would refuse, or with the list as a whole.
   */
  readonly problem: string | undefined;
}

/**
 * Reads paths, one per line, by the rules of the API. Empty lines and surrounding space are
 * ignored.
 */
export function readPaths(text: string): PathsAsked {
  const lines = text.split('\n').map(line => line.trim());
  const paths = [...new Set(lines.filter(line => line !== ''))];
  const wrong = lines.findIndex(line => line !== '' && problemIn(line) !== undefined);
  return { paths, problem: wrong < 0 ? problemOfAll(paths) : problemOfLine(lines[wrong] ?? '', wrong + 1) };
}

function problemOfAll({ length }: readonly string[]): string | undefined {
  const most = CLOUDFRONT_LIMITS.exactPaths;
  return length > most
    ? `More than ${most.toLocaleString('en')} paths: use /* to refresh everything.`
    : undefined;
}

function problemOfLine(line: string, number: number): string {
  const better = suggestionFor(line);
  return `Line ${number}: ${problemIn(line)}${better === undefined ? '' : `. Try ${better}`}.`;
}

function problemIn(line: string): string | undefined {
  return isTagPath(line) ? tagProblem(line.slice(1)) : pathProblem(line);
}

/**
 * The line with its missing slash or encoding. None if it is partly encoded or has a query string:
 * the intent is unclear.
 */
function suggestionFor(line: string): string | undefined {
  if (/^#|[%?]/.test(line) || !line.isWellFormed()) return undefined;
  const better = requestPath(line.startsWith('/') ? line : `/${line}`);
  return pathProblem(better) === undefined ? better : undefined;
}
