import type { Behaviour, Description } from './description.ts';
import type { SiteChange } from './known-distribution.ts';
import { rooted } from './path-pattern.ts';

/** Everything that a distribution shows. */
const EVERYTHING = '/*';

/**
 * What changed of a distribution that decides which bytes viewers get: neither comments nor price
 * classes. Behaviours that show the bucket neither before nor after are left out.
 */
export function changesOf(before: Description, after: Description): SiteChange[] {
  const orders = [before, after].map(({ behaviours }) => behaviours.map(each => each.pathPattern));
  const patterns = [...new Set(orders.flat())];
  const known = patterns.filter(pattern => orders.every(order => order.includes(pattern)));
  const [former, present] = orders.map(order => order.filter(each => known.includes(each)));
  return [
    ...patterns.flatMap(pattern => {
      const pair = [before, after].map(({ behaviours }) => behaviours.find(b => b.pathPattern === pattern));
      return behaviourChanges(pattern, pair[0], pair[1]);
    }),
    ...differences(former, present, 'the order of its behaviours', EVERYTHING),
    ...moved('default root object', before.rootObject, after.rootObject, '/'),
    ...moved('index document', before.website?.indexDocument, after.website?.indexDocument, EVERYTHING),
    ...moved('error document', before.website?.errorDocument, after.website?.errorDocument, EVERYTHING),
    ...differences(before.website?.routingRules, after.website?.routingRules, 'routing rules', EVERYTHING),
    ...differences(before.errorResponses, after.errorResponses, 'its custom error responses', EVERYTHING),
  ];
}

function behaviourChanges(
  pattern: string,
  before: Behaviour | undefined,
  after: Behaviour | undefined,
): SiteChange[] {
  if (![before, after].some(each => each !== undefined && each.originPaths.length > 0)) return [];
  const of = pattern === '*' ? '' : ` of ${pattern}`;
  const path = pathOf(pattern);
  if (before === undefined) return [{ what: `new behaviour ${pattern}`, path }];
  if (after === undefined) return [{ what: `removed behaviour ${pattern}`, path }];
  return [
    ...originChanges(before, after, of, path),
    ...differences(
      [before.caching, before.responseHeaders, before.fingerprint],
      [after.caching, after.responseHeaders, after.fingerprint],
      `policies${of}`,
      path,
    ),
    ...differences(before.functions, after.functions, `functions${of}`, path),
  ];
}

function originChanges(before: Behaviour, after: Behaviour, of: string, path: string): SiteChange[] {
  const paths = [before, after].map(({ originPaths }) => originPaths.map(each => each || '/').join(', '));
  const [former = '', present = ''] = paths;
  if (former !== '' && present !== '' && former !== present)
    return [{ what: `origin path${of} ${former} → ${present}`, path }];
  return moved(`origin${of}`, before.origin, after.origin, path);
}

function moved(
  name: string,
  before: string | undefined,
  after: string | undefined,
  path: string,
): SiteChange[] {
  return before === after ? [] : [{ what: `${name} ${before || 'none'} → ${after || 'none'}`, path }];
}

function differences(before: unknown, after: unknown, what: string, path: string): SiteChange[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ what, path }];
}

/** The invalidation path that covers a behaviour: its pattern, if that can be one. */
function pathOf(pattern: string): string {
  const path = rooted(pattern);
  return /^\/[\w./-]*\*?$/.test(path) ? path : EVERYTHING;
}
