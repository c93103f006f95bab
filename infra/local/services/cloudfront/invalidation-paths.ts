import { AwsError } from '../../kernel/aws-api.ts';
import { isTag, isWellSpelledTag } from './cache-tags.ts';

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
const MAX_PATH_CHARACTERS = 4000;

/**
 * Characters whose spelling AWS's documentation and its users' reports contradict each other about
 * (aws/aws-sdk#525: `%7E` is accepted and purges nothing). The worst case is assumed: a path with
 * one of them, raw or escaped, matches nothing.
 */
export const DOUBTFUL_CHARACTERS = "~'*+";

/** Separates path and query string in an address. It is no byte, so it cannot be an escaped `?`. */
const QUERY_MARK = '\u0100';

const WELL_SPELLED = /^\/(?:[A-Za-z0-9$\-_.+!*'(),;/?:@=&]|%[0-9A-Fa-f]{2})*$/;

/**
 * Characters that RFC 1738 finds safe: "do not URL-encode any other characters, or CloudFront will
 * not invalidate".
 */
const NEEDLESSLY_ESCAPED = /[A-Za-z0-9$\-_./:@=&!(),;]/;

/**
 * @param path of an object, or a cache tag
 * @throws AwsError `InvalidArgument`, as from CloudFront; `~`, space, quotes and non-ASCII must be
 * escaped
 */
export function assertInvalidationPath(path: string): void {
  if (isWellSpelledTag(path)) return;
  if (path.length > MAX_PATH_CHARACTERS || !WELL_SPELLED.test(path)) {
    throw new AwsError('InvalidArgument', 'Your request contains one or more invalid invalidation paths.');
  }
}

export function isWildcard(path: string): boolean {
  return path.endsWith('*') && !isTag(path);
}

/**
 * The address of a cached object, as invalidation paths are compared with it: the bytes of the
 * URI's path with percent-escapes undone, and the part of the query string that belongs to the
 * cache key.
 */
export function objectAddress(uriPath: string, keyQuery: string): string {
  const bytes = Buffer.from(uriPath, 'utf8').toString('latin1');
  return unescapeBytes(bytes) + (keyQuery === '' ? '' : QUERY_MARK + keyQuery);
}

/**
 * Which cached objects (by `objectAddress`) a batch purges. `*` is a wildcard only as the last
 * character. A path with `*` elsewhere, or with a doubtful or needlessly escaped character, is
 * accepted and matches nothing.
 */
export function invalidationMatcher(paths: readonly string[]): (address: string) => boolean {
  const exact = new Set<string>();
  const prefixes: string[] = [];
  for (const path of paths) {
    if (isTag(path)) continue;
    const spelled = isWildcard(path) ? path.slice(0, -1) : path;
    if (matchesNothing(spelled)) continue;
    if (isWildcard(path)) prefixes.push(addressOf(spelled));
    else exact.add(addressOf(spelled));
  }
  return address => exact.has(address) || prefixes.some(prefix => address.startsWith(prefix));
}

function addressOf(path: string): string {
  const [uriPath, query] = splitQuery(path);
  return unescapeBytes(uriPath) + (query === undefined ? '' : QUERY_MARK + query);
}

function matchesNothing(path: string): boolean {
  const [uriPath] = splitQuery(path);
  const isDoubtful = [...unescapeBytes(uriPath)].some(character => DOUBTFUL_CHARACTERS.includes(character));
  const escapes = uriPath.match(/%[0-9A-Fa-f]{2}/g) ?? [];
  return isDoubtful || escapes.some(escaped => NEEDLESSLY_ESCAPED.test(unescapeBytes(escaped)));
}

function unescapeBytes(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** @returns the path and, if there is a `?`, the query string after it */
export function splitQuery(url: string): [path: string, query: string | undefined] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, undefined] : [url.slice(0, mark), url.slice(mark + 1)];
}
