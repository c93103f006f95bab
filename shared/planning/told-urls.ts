/**
 * Further URLs of objects, told by the owner of a site, where a function of the distribution shows
 * objects under other names. By pattern of keys: `{ "en/*": ["/$1"], "img/*": ["/img/$1*"] }`.
 *
 * A `*` in a pattern is any number of characters, slashes included, and `$1` in a URL is what the
 * first `*` stands for. A `*` at the end of a URL covers everything that begins so: variants of an
 * image, or the routes of a single-page application.
 */
export type ToldUrls = Readonly<Record<string, readonly string[]>>;

/** One pattern with one of its URLs. */
interface Rule {
  /** The pattern, cut at its stars. */
  readonly parts: readonly string[];
  readonly keys: RegExp;
  readonly url: string;
  /** Matches the viewer paths that the URL can be. A wildcard matches nothing. */
  readonly paths: RegExp;
  /** The numbers in the URL, in their order. */
  readonly named: readonly number[];
}

const REFERENCE = /\$(\d)/g;

/** @returns what is wrong with a pattern of keys and one of its URLs; undefined if nothing is */
export function toldUrlProblem(keys: string, url: string): string | undefined {
  const stars = keys.split('*').length - 1;
  const named = [...url.matchAll(REFERENCE)].map(([, number]) => Number(number));
  const unknown = named.find(number => number < 1 || number > stars);
  const shown = JSON.stringify(url);
  if (keys === '') return 'has an empty pattern of keys';
  if (!url.startsWith('/')) return `${shown} must begin with /`;
  if (/[?#]/.test(url)) return `${shown} must be a path alone, without ? and #`;
  if (url.slice(0, -1).includes('*')) return `${shown} may have a * at its end only`;
  if (unknown !== undefined)
    return `${shown} names $${unknown}, but ${JSON.stringify(keys)} has ${stars === 0 ? 'no *' : `${stars} *`}`;
  return undefined;
}

/** The viewer paths that were told for a key. Wildcards end with `*`. */
export function toldPaths(key: string, told: ToldUrls | undefined): string[] {
  if (told === undefined) return [];
  return rulesOf(told).flatMap(rule => pathOf(key, rule) ?? []);
}

/**
 * The keys that were told to be shown at a viewer path.
 *
 * @returns undefined if there is no telling, because a URL was told without all that its pattern's
 *   stars stand for: then any of several objects may be there
 */
export function toldKeys(viewerPath: string, told: ToldUrls | undefined): string[] | undefined {
  if (told === undefined) return [];
  const claims = rulesOf(told).filter(({ paths }) => paths.test(viewerPath));
  if (claims.some(rule => !isUnique(rule))) return undefined;
  return claims.flatMap(rule => {
    const key = keyAt(viewerPath, rule);
    return pathOf(key, rule) === viewerPath ? key : [];
  });
}

/** Whether no two keys have the same URL by a rule. */
function isUnique({ parts, named }: Rule): boolean {
  return new Set(named).size === parts.length - 1;
}

function pathOf(key: string, { keys, url }: Rule): string | undefined {
  const match = keys.exec(key);
  return match === null ? undefined : url.replace(REFERENCE, (_, number) => match[Number(number)] ?? '');
}

function keyAt(viewerPath: string, { parts, paths, named }: Rule): string {
  const found = paths.exec(viewerPath)?.slice(1) ?? [];
  return parts.reduce((key, part, index) => `${key}${found[named.indexOf(index)] ?? ''}${part}`);
}

const compiled = new WeakMap<ToldUrls, readonly Rule[]>();

function rulesOf(told: ToldUrls): readonly Rule[] {
  const known = compiled.get(told);
  if (known !== undefined) return known;
  const rules = Object.entries(told).flatMap(([keys, urls]) => urls.map(url => compile(keys, url)));
  compiled.set(told, rules);
  return rules;
}

const NOTHING = /(?!)/;

function compile(keys: string, url: string): Rule {
  const parts = keys.split('*');
  return {
    parts,
    keys: expressionOf(parts),
    url,
    paths: url.endsWith('*') ? NOTHING : expressionOf(url.split(/\$\d/)),
    named: [...url.matchAll(REFERENCE)].map(([, number]) => Number(number)),
  };
}

/** Matches strings made of these parts, with anything between them. */
function expressionOf(parts: readonly string[]): RegExp {
  const escaped = parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('(.*)')}$`, 's');
}
