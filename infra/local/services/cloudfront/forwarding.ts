import type { CacheKey, Variant } from './cache.ts';
import type { Behaviour, Distribution } from './distribution.ts';
import { objectAddress, splitQuery } from './invalidation-paths.ts';
import { type Headers, header, type OriginRequest, type ViewerRequest } from './messages.ts';
import { type CachePolicy, type Selection, selects } from './policies.ts';

export type Encoding = 'br' | 'gzip';

/** Headers that CloudFront does not forward, or replaces by its own. */
const OWN_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'cookie',
  'content-length',
  'host',
  'via',
  'x-forwarded-for',
]);

/** Conditions that CloudFront answers from its cache instead of asking the origin. */
const ANSWERED_BY_CACHE = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/** The encodings that the viewer accepts and the policy caches, the better one first. */
export function acceptedEncodings(headers: Headers, policy: CachePolicy): Encoding[] {
  const accepted = (header(headers, 'accept-encoding') ?? '')
    .split(',')
    .map(part => part.trim().toLowerCase())
    .filter(part => !/;\s*q=0(?:\.0*)?$/.test(part))
    .map(part => part.replace(/;.*$/, ''));
  const isWanted = { br: policy.brotli, gzip: policy.gzip };
  return (['br', 'gzip'] as const).filter(encoding => isWanted[encoding] && accepted.includes(encoding));
}

/** @param keepsHeadApart whether HEAD and GET have entries of their own: AWS documents neither */
export function cacheKey(
  distribution: Distribution,
  behaviour: Behaviour,
  request: ViewerRequest,
  keepsHeadApart: boolean,
): CacheKey {
  const policy = behaviour.cachePolicy;
  const [path, query = ''] = splitQuery(request.url);
  const keyQuery = selectedPairs(query, '&', [policy.queryStrings]);
  const variant: Variant = {
    method: cachedMethod(request.method, keepsHeadApart),
    encodings: acceptedEncodings(request.headers, policy).join(','),
  };
  return {
    id: JSON.stringify([
      distribution.id,
      behaviour.origin.id,
      variant.method,
      path,
      keyQuery,
      [...policy.headers.names].map(name => [name, header(request.headers, name)]),
      selectedPairs(header(request.headers, 'cookie') ?? '', ';', [policy.cookies]),
      variant.encodings,
    ]),
    distributionId: distribution.id,
    address: objectAddress(path, keyQuery),
    variant,
  };
}

function cachedMethod(method: string, keepsHeadApart: boolean): Variant['method'] {
  if (method === 'OPTIONS') return method;
  return method === 'HEAD' && keepsHeadApart ? method : 'GET';
}

/**
 * The request as the origin gets it: what is in the cache key, what the origin request policy adds,
 * and CloudFront's own headers.
 *
 * @param conditions `if-…` headers if the edge validates what it has; undefined if it does not
 * cache at all
 */
export function originRequest(
  distribution: Distribution,
  behaviour: Behaviour,
  request: ViewerRequest,
  requestId: string,
  conditions: Headers | undefined,
): OriginRequest {
  const { origin } = behaviour;
  const host = selectsHeader(behaviour, 'host') ? header(request.headers, 'host') : undefined;
  const addresses = [header(request.headers, 'x-forwarded-for'), request.ip ?? '127.0.0.1'];
  return {
    originId: origin.id,
    domainName: origin.domainName,
    originPath: origin.path,
    customHeaders: origin.customHeaders,
    method: request.method,
    url: origin.path + forwardedUrl(distribution, behaviour, request.url),
    headers: {
      'user-agent': 'Amazon CloudFront',
      ...forwardedHeaders(behaviour, request.headers, conditions !== undefined),
      ...conditions,
      ...(request.body.length > 0 ? { 'content-length': String(request.body.length) } : {}),
      host: host ?? origin.domainName,
      via: `1.1 ${distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`,
      'x-forwarded-for': addresses.filter(Boolean).join(', '),
      'x-amz-cf-id': requestId,
      ...origin.customHeaders,
    },
    body: request.body,
    ...(origin.signedAs === undefined ? {} : { signedAs: origin.signedAs }),
  };
}

/** `/` becomes the default root object; only parameters that a policy selects are kept. */
function forwardedUrl({ defaultRootObject }: Distribution, behaviour: Behaviour, viewerUrl: string): string {
  const [viewerPath, viewerQuery = ''] = splitQuery(viewerUrl);
  const path = viewerPath === '/' && defaultRootObject !== '' ? `/${defaultRootObject}` : viewerPath;
  const selections = policiesOf(behaviour).map(policy => policy.queryStrings);
  const query = selectedPairs(viewerQuery, '&', selections);
  return query === '' ? path : `${path}?${query}`;
}

/** The viewer's headers that a policy selects; CloudFront rewrites cookies and encodings. */
function forwardedHeaders(behaviour: Behaviour, headers: Headers, isCached: boolean): Headers {
  const { cachePolicy } = behaviour;
  const isForwarded = (name: string) => {
    if (OWN_HEADERS.has(name)) return false;
    if (name === 'accept-encoding' && (cachePolicy.gzip || cachePolicy.brotli)) return false;
    if (ANSWERED_BY_CACHE.has(name)) return !isCached;
    return selectsHeader(behaviour, name);
  };
  const selections = policiesOf(behaviour).map(policy => policy.cookies);
  const cookie = selectedPairs(header(headers, 'cookie') ?? '', ';', selections);
  const encodings = acceptedEncodings(headers, cachePolicy);
  return {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => isForwarded(name))),
    ...(cookie === '' ? {} : { cookie }),
    ...(encodings.length > 0 ? { 'accept-encoding': encodings.join(',') } : {}),
  };
}

function policiesOf({ cachePolicy, originRequestPolicy }: Behaviour) {
  return originRequestPolicy === undefined ? [cachePolicy] : [cachePolicy, originRequestPolicy];
}

function selectsHeader(behaviour: Behaviour, name: string): boolean {
  return policiesOf(behaviour).some(policy => selects(policy.headers, name));
}

/**
 * @returns the `name=value` pairs whose names one of the selections picks, as the viewer wrote them
 */
function selectedPairs(text: string, separator: '&' | ';', selections: readonly Selection[]): string {
  if (text === '' || selections.some(selection => selection.kind === 'all')) return text;
  return text
    .split(separator)
    .map(pair => pair.trim())
    .filter(pair => selections.some(selection => selects(selection, pair.split('=', 1)[0] ?? '')))
    .join(separator === ';' ? '; ' : separator);
}
