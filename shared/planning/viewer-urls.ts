/**
 * From an object key to the URLs under which viewers see it, and from such a URL to the invalidation path that surely
 * covers it. A *viewer path* here is the decoded path of a URL: `/my file.html`, never `/my%20file.html`.
 */

/**
 * Stands before the query string of a viewer path. Only a path asked for by hand has one; it names a variant of an object, and its
 * spelling is its author's affair. Half of a surrogate pair, alone, as it is in no key.
 */
export const QUERY = '\uDC00';

/** Finds it and, being of Unicode mode, no half that is not alone. */
const QUERY_MARK = /\uDC00/u;

/** CloudFront's longest invalidation path, in characters. */
export const MAX_PATH_LENGTH = 4000;

/** How a distribution maps URLs to objects. */
export interface UrlRules {
  /** The distribution's origin path: '' or `/folder`, without a slash at the end. */
  readonly originPath: string;
  /** Whether a function also serves pages without their ending: `/about` and `/docs` for about.html and docs/index.html. */
  readonly extensionless: boolean;
  /** The object shown at `/`, named as the distribution's default root object is, below the origin path; '' when it has none. */
  readonly rootObject: string;
  /** Whether edges keep variants of an object by query string: an exact path purges the one without any. */
  readonly cachesQueryStrings: boolean;
}

/**
 * The viewer paths that may show an object, the one named like the key first. The default root object is also seen at `/`, and an
 * `index.html` at its folder, which is how directory-index functions and website endpoints serve it: at `/`, too, while nothing else is
 * the default root object. A key outside the origin path cannot be seen: no paths.
 */
export function viewerPaths(key: string, rules: UrlRules): string[] {
  const { originPath, rootObject } = rules;
  const path = `/${key}`;
  if (!path.startsWith(`${originPath}/`)) return [];
  const visible = path.slice(originPath.length);
  const others = pagePaths(visible, rules);
  if (rootObject !== '' && visible === `/${rootObject}`) others.unshift('/');
  return others.length === 0 ? [visible] : [visible, ...others];
}

/** Where functions and website endpoints show a page, other than by its name and as the default root object. */
function pagePaths(visible: string, { extensionless, rootObject }: UrlRules): string[] {
  if (!visible.endsWith('.html')) return [];
  if (!visible.endsWith('/index.html')) return extensionless ? [visible.slice(0, -'.html'.length)] : [];
  const folder = visible.slice(0, -'index.html'.length);
  if (folder === '/') return rootObject === '' ? [folder] : [];
  return extensionless ? [folder, folder.slice(0, -1)] : [folder];
}

/**
 * What an invalidation has to cover for viewer paths: the paths, and their variants by query string where edges keep such. Nearly always a
 * wildcard after the path covers both (see plan.ts); after a folder it would purge what lies below, so the variants there are
 * a wildcard of their own, `/?*`.
 */
export function withVariants(viewerPaths: string[], { cachesQueryStrings }: UrlRules): string[] {
  if (!cachesQueryStrings) return viewerPaths;
  return viewerPaths.flatMap(path => (path.endsWith('/') ? [path, `${path}${QUERY}*`] : path));
}

/** The object key behind a viewer path; a folder is shown by its `index.html`, and so is `/` without a default root object. */
export function keyOf(
  viewerPath: string,
  { originPath, rootObject }: Pick<UrlRules, 'originPath' | 'rootObject'>,
): string {
  const key = `${originPath}${viewerPath}`.slice(1);
  if (viewerPath === '/' && rootObject !== '') return `${key}${rootObject}`;
  return key === '' || key.endsWith('/') ? `${key}index.html` : key;
}

/**
 * Characters that reach CloudFront in two spellings: browsers send them raw where encoders write `%XX`, or the other way
 * round. Which of the two an exact invalidation path matches is contested (aws/aws-sdk#525, bep/s3deploy#46), so a path
 * is cut before the first of them: a wildcard costs the same and always matches.
 */
const DOUBTFUL = /[~'()*+;!,:@&=$|[\]^\\]/;

/** `.` and `..` segments, which clients remove before they send a URL. */
const DOT_SEGMENT = /\/\.{1,2}(?=\/|$)/;

/** What most paths are made of. */
const SAFE = /^[\w./-]*$/;

/** Where the part of a viewer path begins that no exact invalidation path covers surely; undefined when one covers it all. */
export function doubtfulFrom(viewerPath: string): number | undefined {
  if (SAFE.test(viewerPath) && !viewerPath.includes('/.')) return undefined;
  const [path = ''] = viewerPath.split(QUERY_MARK);
  const cuts = [path.search(DOUBTFUL), dotSegmentAt(path)].filter(index => index >= 0);
  return cuts.length === 0 ? undefined : Math.min(...cuts);
}

/** Whether a path has segments that no client sends: the object behind it cannot be asked for. */
export function hasDotSegment(viewerPath: string): boolean {
  return DOT_SEGMENT.test(viewerPath);
}

function dotSegmentAt(path: string): number {
  const slash = path.search(DOT_SEGMENT);
  return slash < 0 ? slash : slash + 1;
}

/**
 * A viewer path as a client sends it, encoded exactly once. Free of doubtful characters it is also what CloudFront asks
 * of an invalidation path: RFC 1738's unsafe and all non-ASCII bytes encoded, nothing else. A `+` is encoded because
 * S3 reads a raw one as a space.
 */
export function requestPath(viewerPath: string): string {
  if (SAFE.test(viewerPath)) return viewerPath;
  const [path = '', query] = viewerPath.split(QUERY_MARK);
  const encoded = encodeURIComponent(path).replaceAll('%2F', '/');
  return query === undefined ? encoded : `${encoded}?${query}`;
}

/** The viewer path that an exact invalidation path names. */
export function decodePath(path: string): string {
  const [encoded = '', ...query] = path.split('?');
  const decoded = decodeURIComponent(encoded);
  return query.length === 0 ? decoded : `${decoded}${QUERY}${query.join('?')}`;
}

/** What CloudFront refuses in a path: bytes that must be percent-encoded, a stray `%`, a `*` before the end. */
const REFUSED = /[^\x21-\x7E]|["<>#{}|\\^~[\]`]|%(?![0-9A-Fa-f]{2})|\*(?!$)/;

/** Why CloudFront would refuse an invalidation path, or undefined when it would take it. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it must begin with /';
  if (path.length > MAX_PATH_LENGTH) return `it is longer than ${MAX_PATH_LENGTH} characters`;
  if (REFUSED.test(path)) {
    return 'unsafe and non-ASCII characters must be percent-encoded, and * may only be the last character';
  }
  return isDecodable(path) ? undefined : 'its percent-encoding is not UTF-8';
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
