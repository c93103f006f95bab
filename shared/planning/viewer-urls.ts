import { pathPatternMatcher } from '../sites/path-pattern.ts';
import { hasDotSegment, QUERY, requestPath } from './path-spelling.ts';
import { type ToldUrls, toldKeys, toldPaths } from './told-urls.ts';

/*
 * From an object key to the URLs at which viewers see it, and back. Paths are viewer paths: see
 * path-spelling.ts.
 */

/** How a distribution maps URLs to objects. */
export interface UrlRules {
  /**
   * The origin path, '' or `/folder`, without a slash at the end. With `behaviours`, theirs count
   * instead.
   */
  readonly originPath: string;
  /**
   * Whether a function also serves pages without their extension: `/about` and `/docs` for
   * about.html and docs/index.html.
   */
  readonly extensionless: boolean;
  /**
   * The default root object, shown at `/`, as the distribution names it: below the origin path. ''
   * if there is none.
   */
  readonly rootObject: string;
  /**
   * Whether edges keep variants of an object by query string. An exact path purges only the one
   * without a query string.
   */
  readonly cachesQueryStrings: boolean;
  /** Shown at its folder. @default 'index.html' */
  readonly indexDocument?: string;
  /** Key of the error document of a website: it need not lie below an origin path. */
  readonly errorDocument?: string;
  /** Whether a folder is sure to show its index document, as website endpoints do. */
  readonly showsFolders?: boolean;
  /**
   * In order of precedence: the first whose pattern matches a URL answers it.
   * @default every URL shows the bucket, below `originPath`
   */
  readonly behaviours?: readonly ShownAt[];
  /** Further URLs of objects. */
  readonly told?: ToldUrls;
  /**
   * Whether a function may have changed the URL that an edge keeps an object under. @default false
   */
  readonly rewrites?: boolean;
}

/** What one behaviour shows of the bucket. */
export interface ShownAt {
  readonly pathPattern: string;
  /** Origin paths of the bucket. None if the behaviour shows something else. */
  readonly originPaths: readonly string[];
}

/**
 * The viewer paths that may show an object, the one named like the key first. The default root
 * object is also shown at `/`. Directory-index functions and website endpoints show an index
 * document at its folder, and at `/`, too, unless another object is the default root object. A key
 * outside every origin path has no viewer paths but those that were told. One that ends with `*`
 * was told as a wildcard, or is named so.
 */
export function viewerPaths(key: string, rules: UrlRules): string[] {
  const shown = shownPaths(key, rules);
  const { told, rewrites = told !== undefined } = rules;
  if (!rewrites) return shown;
  // An edge keeps an object under the URL that a viewer-request function made of the viewer's, and
  // both have to be invalidated (CloudFront developer guide, "Invalidate files to remove content").
  const named = originPathsOf(rules).flatMap(path => pathsBelow(path, key, rules).slice(0, 1));
  return [...new Set([...shown, ...named])];
}

/** The viewer paths at which viewers can get an object. */
function shownPaths(key: string, rules: UrlRules): string[] {
  const { behaviours, told } = rules;
  if (behaviours === undefined && told === undefined) return pathsBelow(rules.originPath, key, rules);
  const own = originPathsOf(rules).flatMap(originPath =>
    pathsBelow(originPath, key, rules).filter(path => originPathsAt(path, rules).includes(originPath)),
  );
  const further = toldPaths(key, told).flatMap(path =>
    path.endsWith('*') ? path : [path, ...pagePaths(path, rules)].filter(each => showsBucket(each, rules)),
  );
  return [...new Set([...own, ...further])];
}

/** Every origin path below which the distribution shows the bucket. */
export function originPathsOf({
  originPath,
  behaviours,
}: Pick<UrlRules, 'originPath' | 'behaviours'>): string[] {
  return [...new Set(behaviours?.flatMap(({ originPaths }) => originPaths) ?? [originPath])];
}

/** Whether the bucket answers a viewer path, and not another origin. */
function showsBucket(viewerPath: string, rules: UrlRules): boolean {
  return originPathsAt(viewerPath, rules).length > 0;
}

/** The origin paths below which a viewer path shows the bucket. */
function originPathsAt(viewerPath: string, { originPath, behaviours }: UrlRules): readonly string[] {
  if (behaviours === undefined) return [originPath];
  const path = requestPath(viewerPath);
  return behaviours.find(({ pathPattern }) => matcherOf(pathPattern)(path))?.originPaths ?? [];
}

const matchers = new Map<string, (path: string) => boolean>();

function matcherOf(pathPattern: string): (path: string) => boolean {
  const matcher = matchers.get(pathPattern) ?? pathPatternMatcher(pathPattern);
  matchers.set(pathPattern, matcher);
  return matcher;
}

function pathsBelow(originPath: string, key: string, rules: UrlRules): string[] {
  const path = `/${key}`;
  if (!path.startsWith(`${originPath}/`)) return [];
  const visible = path.slice(originPath.length);
  const others = pagePaths(visible, rules);
  if (rules.rootObject !== '' && visible === `/${rules.rootObject}`) others.unshift('/');
  return others.length === 0 ? [visible] : [visible, ...others];
}

/**
 * Where functions and website endpoints show a page, besides at its own name and as the default
 * root object.
 */
function pagePaths(
  visible: string,
  { extensionless, rootObject, indexDocument = 'index.html' }: UrlRules,
): string[] {
  if (visible.endsWith(`/${indexDocument}`)) {
    const folder = visible.slice(0, -indexDocument.length);
    if (folder === '/') return rootObject === '' ? [folder] : [];
    return extensionless ? [folder, folder.slice(0, -1)] : [folder];
  }
  return extensionless && visible.endsWith('.html') ? [visible.slice(0, -'.html'.length)] : [];
}

/**
 * The viewer paths that are sure to show an object, and therefore can be asked. Pages without their
 * extension are served by a function of the site's own, maybe as redirects, so their usual URL is
 * asked. What folders show depends on the site, and nobody can request a path with dot segments.
 */
export function sureViewerPaths(key: string, rules: UrlRules): string[] {
  const { rootObject, showsFolders = false, told } = rules;
  const toldOf = new Set(toldPaths(key, told));
  const isSure = (path: string) => {
    if (toldOf.has(path)) return !path.endsWith('*') && isReachable(key, path, rules);
    if (path === '/') return rootObject !== '' || showsFolders;
    return showsFolders || !path.endsWith('/');
  };
  return shownPaths(key, { ...rules, extensionless: false }).filter(
    path => isSure(path) && !hasDotSegment(path) && toldKeys(path, told) !== undefined,
  );
}

/**
 * Whether the behaviour that answers a told URL can show the key. It puts its origin path before
 * whatever a function makes of the URL. Only a key outside of every origin path shows that a
 * function chooses the origin path, too.
 */
function isReachable(key: string, viewerPath: string, rules: UrlRules): boolean {
  const isBelow = (originPath: string) => `/${key}`.startsWith(`${originPath}/`);
  return originPathsAt(viewerPath, rules).some(isBelow) || !originPathsOf(rules).some(isBelow);
}

/** The keys that were told to be shown at a viewer path, as far as there is telling. */
export function toldKeysAt(viewerPath: string, { told }: UrlRules): string[] {
  return toldKeys(viewerPath, told) ?? [];
}

/** Other keys that a viewer path may show instead of a key. */
export interface Rivals {
  /** Told to be there. */
  readonly told: readonly string[];
  /** Named like the path. */
  readonly named: readonly string[];
  /** Whether the key was told to be there. */
  readonly isTold: boolean;
}

export function rivalsOf(key: string, viewerPath: string, rules: UrlRules): Rivals {
  const told = toldKeysAt(viewerPath, rules);
  const named = rules.told === undefined ? undefined : keyOf(viewerPath, rules);
  return {
    told: told.filter(each => each !== key),
    named: named === undefined || named === key ? [] : [named],
    isTold: told.includes(key),
  };
}

/**
 * What an invalidation has to cover for viewer paths: the paths, and their variants by query string
 * if edges keep any. A wildcard after the path nearly always covers both (see plan.ts). After a
 * folder it would purge everything below, so the variants of a folder get a wildcard of their own,
 * `/?*`.
 */
export function withVariants(viewerPaths: string[], { cachesQueryStrings }: UrlRules): string[] {
  if (!cachesQueryStrings) return viewerPaths;
  return viewerPaths.flatMap(path => (path.endsWith('/') ? [path, `${path}${QUERY}*`] : path));
}

/**
 * The object key behind a viewer path, as far as nothing else was told of it. A folder shows its
 * index document, and so does `/` without a default root object. Undefined if another origin
 * answers.
 */
export function keyOf(viewerPath: string, rules: UrlRules): string | undefined {
  const { rootObject, indexDocument = 'index.html' } = rules;
  const [originPath] = originPathsAt(viewerPath, rules);
  if (originPath === undefined) return undefined;
  const key = `${originPath}${viewerPath}`.slice(1);
  if (viewerPath === '/' && rootObject !== '') return `${key}${rootObject}`;
  return key === '' || key.endsWith('/') ? `${key}${indexDocument}` : key;
}

/**
 * Whether keys are in the order of their viewer paths, so that the keys with a prefix are what a
 * wildcard purges.
 */
export function isInOrder(rules: UrlRules): boolean {
  return rules.told === undefined && originPathsOf(rules).length === 1;
}

/**
 * The keys of a site as a plan counts them: as if each lay where its first viewer path has it.
 */
export function countedKeys(keys: readonly string[], rules: UrlRules): readonly string[] {
  if (isInOrder(rules)) return keys;
  const paths = keys.flatMap(key => viewerPaths(key, rules).slice(0, 1));
  return paths.map(path => `${rules.originPath}${path}`.slice(1));
}
