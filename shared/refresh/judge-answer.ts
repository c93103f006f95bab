import { decodePath } from '../planning/path-spelling.ts';
import { keyOf, rivalsOf, type UrlRules } from '../planning/viewer-urls.ts';
import type { Edge, EdgeAnswer, NoAnswer, ObjectAnswer, Question, UnaskedAnswer } from './edge-answer.ts';
import type { Change } from './refresh.ts';
import { fingerprintOf, headersFingerprintOf, isConsistent, isSame, isShown, type Served } from './served.ts';
import type { SiteObjects, VerifiedRecords } from './unchanged.ts';
import type { Check } from './verification-checks.ts';

export interface StoredBytes {
  readonly eTag: string;
  readonly body: Uint8Array;
}

export interface JudgedObjects extends SiteObjects {
  /**
   * An object's content; undefined if there is none, or if it has more than `MAX_COMPARED_BYTES`,
   * or if the function may not read it: the key that encrypts it may be another account's.
   */
  read(key: string): Promise<StoredBytes | undefined>;
}

export interface JudgeDependencies {
  readonly origin: JudgedObjects;
  /** What the edge was verified to show before. */
  readonly records: Pick<VerifiedRecords, 'find'>;
  readonly edge: Edge;
  readonly urls: UrlRules;
  /** See distribution.ts. */
  readonly errorPages: readonly string[];
  /** When the refresh was closed, in milliseconds since the epoch; NaN if it was not. */
  readonly closedAt: number;
}

/** What became of one URL. */
export type Outcome = {
  /** What the bucket held. */
  readonly object: Served | undefined;
} & (
  | {
      readonly state: 'verified';
      /** See `Verified` in verified.ts. */
      readonly shown?: readonly string[];
    }
  | { readonly state: 'superseded' | 'stale' }
  | ({ readonly state: 'unasked' } & Pick<UnaskedAnswer, 'code' | 'reason'>)
  | ({ readonly state: 'unanswered' } & Pick<NoAnswer, 'problem'>)
);

/** What every URL is asked for. */
export const USUAL: readonly Question[] = [{ form: 'browser', withBody: false }];

/**
 * What a sample is asked for: its content too, and the form that other clients get. Too much for
 * every URL. An invalidation purges all forms, and whatever alters content on the way does so
 * everywhere.
 */
export const CLOSE: readonly Question[] = [
  { form: 'browser', withBody: true },
  { form: 'stored', withBody: false },
];

/**
 * Judges one URL by the edge's answers, each of which has to show the object. The bucket is read
 * before and after the edge: an object that was overwritten in between, or since the change to be
 * verified, belongs to a later refresh.
 */
export async function judge(
  check: Check,
  questions: readonly Question[],
  dependencies: JudgeDependencies,
): Promise<Outcome> {
  const { origin, edge, closedAt } = dependencies;
  const before = await origin.head(check.key);
  const answers = await Promise.all(
    questions.map(async ({ form, withBody }) => ({
      ...(await edge.ask(check.requestPath, { form, withBody })),
      form,
    })),
  );
  const seen = answers.filter(answer => answer.kind !== 'none');
  const differing = await differingOf(seen, before, check, dependencies);
  const silent = answers.find(answer => answer.kind === 'none');
  if (differing === undefined && silent !== undefined) {
    return { state: 'unanswered', problem: silent.problem, object: before };
  }
  if (differing === undefined) {
    const isAltered = await hasOtherBytes(seen, before, check, origin);
    return isAltered
      ? altered(before, edge)
      : { state: 'verified', object: before, ...otherHeadersIn(seen, before) };
  }
  if (differing.kind === 'unasked') return unasked(differing, before);
  const object = await origin.head(check.key);
  if (!isSame(before, object) || changedSince(check.change, object, closedAt)) {
    return { state: 'superseded', object };
  }
  const state =
    object === undefined
      ? await absence(differing, check, dependencies)
      : await difference(object, differing, check, dependencies);
  if (state === 'stale' && (await showsRival(differing, check, dependencies))) {
    return { state: 'verified', object };
  }
  return state === 'stale' && !isSamePage(differing.redirects, check)
    ? unasked(otherPage(edge), object)
    : { state, object };
}

type Seen = Exclude<EdgeAnswer, NoAnswer> & Pick<Question, 'form'>;

/** Whether the edge shows what the bucket holds. */
function shows(answer: Seen, stored: Served | undefined, check: Check): boolean {
  if (isRightRedirect(answer.redirects, stored)) return true;
  if (answer.kind === 'object') return stored !== undefined && isShown(stored, answer.served);
  return answer.kind === 'absent' && stored === undefined && isSamePage(answer.redirects, check);
}

/** An answer that shows neither what the bucket holds nor what was verified of it before. */
async function differingOf(
  answers: readonly Seen[],
  stored: Served | undefined,
  check: Check,
  { records }: JudgeDependencies,
): Promise<Seen | undefined> {
  const differing = answers.filter(answer => !shows(answer, stored, check));
  if (!differing.some(answer => hasSameETag(answer, stored))) return differing[0];
  const verified = (await records.find(check.key))?.verified;
  const isSameObject = verified?.fingerprint === fingerprintOf(stored);
  const known = isSameObject ? (verified?.shown ?? []) : [];
  return differing.find(
    answer => !(hasSameETag(answer, stored) && known.includes(headersFingerprintOf(answer.served))),
  );
}

function hasSameETag(answer: Seen, stored: Served | undefined): answer is Seen & ObjectAnswer {
  return answer.kind === 'object' && answer.served.headers['etag'] === stored?.headers['etag'];
}

/** Fingerprints of headers that the edge showed of an object and that are not the stored ones. */
function otherHeadersIn(
  answers: readonly Seen[],
  stored: Served | undefined,
): { readonly shown?: readonly string[] } {
  const others = answers.flatMap(answer =>
    hasSameETag(answer, stored) && !isSame(stored, answer.served) ? headersFingerprintOf(answer.served) : [],
  );
  return others.length === 0 ? {} : { shown: [...new Set(others)] };
}

/**
 * Whether the edge redirects as the object says. Website endpoints do; for others such an object is
 * one like any other. A location without a host is the same at any host.
 */
function isRightRedirect([first]: readonly string[], stored: Served | undefined): boolean {
  const location = stored?.headers['x-amz-website-redirect-location'];
  if (first === undefined || location === undefined) return false;
  return location.startsWith('/')
    ? URL.parse(location, first)?.href === first
    : URL.parse(location)?.href === first;
}

/**
 * Whether redirects led to the page that was asked for, maybe in another spelling: `/about.html` is
 * also `/about`, and `/docs/index.html` is `/docs/` and `/docs`.
 */
function isSamePage(redirects: readonly string[], check: Check): boolean {
  const last = redirects.at(-1);
  return last === undefined || pageOf(URL.parse(last)?.pathname ?? last) === pageOf(check.requestPath);
}

function pageOf(path: string): string {
  return path
    .replace(/\/index\.html$/, '')
    .replace(/\.html$/, '')
    .replace(/\/$/, '');
}

/** What remains at the edge when an object differs from what is shown. */
async function difference(
  object: Served,
  answer: Seen,
  check: Check,
  dependencies: JudgeDependencies,
): Promise<'verified' | 'stale'> {
  const isEqual = answer.kind === 'object' && (await hasSameBytes(object, answer, check, dependencies));
  return isEqual ? 'verified' : 'stale';
}

/**
 * Whether the edge shows the same content although the ETag is missing or another one, since
 * something on the way changes it. Asked only then: it takes two requests more. Headers must be the
 * same as far as they are shown.
 */
async function hasSameBytes(
  object: Served,
  { served, form }: ObjectAnswer & Pick<Question, 'form'>,
  check: Check,
  { origin, edge }: JudgeDependencies,
): Promise<boolean> {
  const { etag } = object.headers;
  if (served.headers['etag'] === etag || !isConsistent(object, served)) return false;
  const stored = await contentOf(object, check, origin);
  if (stored === undefined) return false;
  const answer = await edge.ask(check.requestPath, { form, withBody: true });
  return answer.kind === 'object' && isEqual(answer.body, stored);
}

/**
 * Whether the edge shows another object, as the bucket holds it now, that may be at this URL by
 * what was told of the site. Then the URL is fresh, and only the object is not there. Nothing, or
 * an error page, is shown where only another object was told to be, and there is none.
 */
async function showsRival(answer: Seen, check: Check, dependencies: JudgeDependencies): Promise<boolean> {
  const { origin, urls } = dependencies;
  const { told, named, isTold } = rivalsOf(check.key, check.viewerPath, urls);
  const rivals = await Promise.all([...told, ...named].map(rival => origin.head(rival)));
  if (answer.kind === 'object') {
    const isRival = rivals.some(object => object !== undefined && isShown(object, answer.served));
    if (isRival) return true;
  }
  const isMissing =
    !isTold && told.length > 0 && rivals.slice(0, told.length).every(each => each === undefined);
  if (!isMissing) return false;
  return answer.kind === 'absent' || (await absence(answer, check, dependencies)) === 'verified';
}

/** Whether the edge shows the object's ETag with other content, if the content was asked for. */
async function hasOtherBytes(
  answers: readonly Seen[],
  stored: Served | undefined,
  check: Check,
  origin: JudgedObjects,
): Promise<boolean> {
  const shown = answers.find(answer => answer.kind === 'object' && answer.body !== undefined);
  if (shown?.kind !== 'object' || stored === undefined) return false;
  if (shown.served.headers['etag'] !== stored.headers['etag']) return false;
  const content = await contentOf(stored, check, origin);
  return content !== undefined && !isEqual(shown.body, content);
}

/** Of this version of the object. What is stored compressed is left out: viewers get it decoded. */
async function contentOf(
  { headers }: Served,
  { key }: Check,
  origin: JudgedObjects,
): Promise<Uint8Array | undefined> {
  if ('content-encoding' in headers) return undefined;
  const content = await origin.read(key);
  return content?.eTag === headers['etag'] ? content?.body : undefined;
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/**
 * Whether the edge shows one of the distribution's error pages where the bucket has nothing. If the
 * page has changed since, it belongs to a later refresh, and until that is done the edge may show
 * the former page.
 */
async function absence(
  answer: Seen,
  check: Check,
  dependencies: JudgeDependencies,
): Promise<'verified' | 'superseded' | 'stale'> {
  const { origin, urls, errorPages, closedAt } = dependencies;
  let state: 'superseded' | 'stale' = 'stale';
  for (const path of new Set(errorPages.filter(page => page !== ''))) {
    const key = keyOf(decodePath(path), urls);
    const page = await (key === undefined ? shownAt(path, answer, check, dependencies) : origin.head(key));
    if (page === undefined) continue;
    if (answer.kind === 'object' && isShown(page, answer.served)) return 'verified';
    if (key !== undefined && Date.parse(page.lastModified) > closedAt) state = 'superseded';
  }
  return state;
}

/** What an error page of another origin is like: only the edge can say. */
async function shownAt(
  path: string,
  { form }: Seen,
  { requestPath }: Check,
  { edge }: JudgeDependencies,
): Promise<Served | undefined> {
  if (path === requestPath) return undefined;
  const page = await edge.ask(path, { form, withBody: false });
  return page.kind === 'object' ? page.served : undefined;
}

function changedSince(change: Change | undefined, current: Served | undefined, closedAt: number): boolean {
  if (change === undefined) return current !== undefined && Date.parse(current.lastModified) > closedAt;
  // What shows again after a version was deleted is older than the deletion.
  if (change.deletesVersion)
    return current !== undefined && Date.parse(current.lastModified) > Date.parse(change.eventTime);
  if (current === undefined) return !change.removed;
  if (change.removed) return true;
  const sameContent = change.eTag === undefined || current.headers['etag'] === `"${change.eTag}"`;
  return !sameContent || Date.parse(current.lastModified) > Date.parse(change.eventTime);
}

function unasked({ code, reason }: Pick<UnaskedAnswer, 'code' | 'reason'>, object?: Served): Outcome {
  return { state: 'unasked', code, reason, object };
}

function otherPage({ host }: Edge): Pick<UnaskedAnswer, 'code' | 'reason'> {
  return { code: 'redirected', reason: `${host} redirects to a page that does not show the object` };
}

function altered(object: Served | undefined, { host }: Edge): Outcome {
  return unasked({ code: 'altered', reason: `${host} serves the objects' ETags with other content` }, object);
}
