import type { UrlRules } from '../planning/viewer-urls.ts';
import type { Caching, Description } from '../sites/description.ts';
import { behavioursShowing, changesAnswers } from './behaviours-showing.ts';

export type Ttls = Omit<Caching, 'queryStrings'>;

/** What an object says about caches, as it is stored. */
export interface CachingHeaders {
  readonly cacheControl?: string;
  readonly expires?: string;
  /** Date of the last write. */
  readonly lastModified?: string;
}

/**
 * With a minimum TTL above 0, CloudFront keeps even `no-store`. One second, as in AWS's usual
 * policy, is over before a refresh begins.
 */
const HARMLESS_SECONDS = 1;

/**
 * Whether CloudFront asks the origin each time that a viewer wants an object, while the origin
 * answers. It may keep the object, and does if `max-age` is 0, but only to ask whether that is
 * still the current one. Where it is not sure, the answer is no.
 *
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 */
export function isAskedEachTime(object: CachingHeaders, ttls: Ttls): boolean {
  const asked = askedSeconds(object, ttls);
  if (asked === undefined) return false;
  return Math.max(ttls.minTtlSeconds, Math.min(ttls.maxTtlSeconds, asked)) <= HARMLESS_SECONDS;
}

/** The same for a distribution: each behaviour that shows the key has to ask. */
export function askedEachTimeBy(
  description: Pick<Description, 'behaviours'>,
  urls: UrlRules,
): (key: string, object: CachingHeaders) => boolean {
  const showing = behavioursShowing(description, urls);
  return (key, object) =>
    showing(key).every(behaviour => !changesAnswers(behaviour) && isAskedEachTime(object, behaviour.caching));
}

/** How long an object itself asks to be kept: 0 if it names no time; undefined if not sure. */
export function namedSeconds(object: CachingHeaders): number | undefined {
  return askedSeconds(object, { defaultTtlSeconds: 0 });
}

/** Undefined if it is not sure. */
function askedSeconds(
  { cacheControl = '', expires, lastModified = '' }: CachingHeaders,
  { defaultTtlSeconds }: Pick<Ttls, 'defaultTtlSeconds'>,
): number | undefined {
  // A quoted string may contain anything.
  if (cacheControl.includes('"')) return undefined;
  const directives = cacheControl.split(',').map(directive => directive.trim().toLowerCase());
  if (directives.some(isOldAllowed)) return undefined;
  if (directives.some(directive => ['no-store', 'no-cache', 'private'].includes(directive))) return 0;
  const named = ['s-maxage', 'max-age'].map(name =>
    directives.filter(directive => directive === name || directive.startsWith(`${name}=`)),
  );
  const times = named.find(found => found.length > 0);
  if (times !== undefined) return longest(times);
  if (expires === undefined) return defaultTtlSeconds;
  const isOver = HTTP_DATE.test(expires) && Date.parse(expires) <= Date.parse(lastModified);
  return isOver ? 0 : undefined;
}

/** AWS does not say what becomes of other dates. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Whether CloudFront may show an old object while it asks, or when it gets no answer. */
function isOldAllowed(directive: string): boolean {
  return /^stale-(?:while-revalidate|if-error)\b/.test(directive);
}

function longest(times: readonly string[]): number | undefined {
  const seconds = times.map(time => /^[a-z-]+=(\d{1,10})$/.exec(time)?.[1]);
  return seconds.includes(undefined) ? undefined : Math.max(...seconds.map(Number));
}
