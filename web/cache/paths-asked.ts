import { CLOUDFRONT_LIMITS } from '../../shared/planning/prices.ts';
import { pathProblem, requestPath } from '../../shared/planning/viewer-urls.ts';

/** Paths as they were typed, one a line. */
export interface PathsAsked {
  /** Each once, in order. */
  readonly paths: readonly string[];
  /** What is wrong with the first line that CloudFront would refuse, or with all of them. */
  readonly problem: string | undefined;
}

/** Reads paths, one a line, by the rules of the API; empty lines and space around a path are nothing. */
export function readPaths(text: string): PathsAsked {
  const lines = text.split('\n').map(line => line.trim());
  const paths = [...new Set(lines.filter(line => line !== ''))];
  const wrong = lines.findIndex(line => line !== '' && pathProblem(line) !== undefined);
  return { paths, problem: wrong < 0 ? problemOfAll(paths) : problemOfLine(lines[wrong] ?? '', wrong + 1) };
}

function problemOfAll({ length }: readonly string[]): string | undefined {
  const most = CLOUDFRONT_LIMITS.exactPaths;
  return length > most
    ? `These are more than ${most.toLocaleString('en')} paths: /* covers everything.`
    : undefined;
}

function problemOfLine(line: string, number: number): string {
  const better = suggestionFor(line);
  return `Line ${number}: ${pathProblem(line)}${better === undefined ? '' : `. Try ${better}`}.`;
}

/** A line with the slash or the encoding that it lacks. What is encoded in part, or has a query string, is its author's affair. */
function suggestionFor(line: string): string | undefined {
  if (/[%?]/.test(line) || !line.isWellFormed()) return undefined;
  const better = requestPath(line.startsWith('/') ? line : `/${line}`);
  return pathProblem(better) === undefined ? better : undefined;
}
