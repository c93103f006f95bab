import { confirmed, type Finding, judged, refuted, untestable } from '../finding.ts';
import type { StoredFile } from './trial-files.ts';
import { isHit, nameOf, type View, type Warmed } from './viewer.ts';

/** A version of a file, and what it is called in evidence: `old`. */
export interface Version extends Pick<StoredFile, 'body' | 'eTag'> {
  readonly name: string;
}

/**
 * What an answer shows: the name of a version, `nothing` for a missing file, or what came instead.
 * The content decides. HEAD has none, so there it is the ETag, and also where something on the way
 * changes the content.
 */
export function shownIn({ status, body, eTag }: View, versions: readonly Version[]): string {
  if (status === 404 || status === 410 || status === 403) return 'nothing';
  if (status !== 200) return `status ${status}`;
  const shown =
    versions.find(version => body === version.body) ??
    versions.find(version => eTag !== '' && eTag === version.eTag);
  return shown?.name ?? 'something else';
}

export interface Expected {
  readonly about: string;
  /** The name of a version, or `nothing`. */
  readonly shows: string;
  /** All that there have been of the file behind an answer. */
  readonly versionsOf: (view: View) => readonly Version[];
  /** What to do if it is not so. */
  readonly remedy: string;
}

/** Whether every answer shows what it should. */
export function judgeShown(views: readonly View[], { about, shows, versionsOf, remedy }: Expected): Finding {
  const wrong = views.filter(view => !isAsExpected(shownIn(view, versionsOf(view)), shows));
  if (wrong.length === 0) return { about, ...confirmed(`${shown(shows)} by ${asked(views)}`) };
  const listed = wrong.slice(0, MOST_LISTED).map(view => {
    const { variant, path, xCache } = view;
    return `${nameOf(variant)} ${path} shows ${shownIn(view, versionsOf(view))}${xCache === '' ? '' : ` (${xCache})`}`;
  });
  const more = wrong.length > MOST_LISTED ? '; …' : '';
  return {
    about,
    ...refuted(`${wrong.length} of ${views.length} answers: ${listed.join('; ')}${more}`, remedy),
  };
}

const MOST_LISTED = 4;

/** A page of the site's own may stand for a missing file. */
function isAsExpected(what: string, expected: string): boolean {
  return what === expected || (expected === 'nothing' && what === 'something else');
}

const shown = (shows: string) => (shows === 'nothing' ? 'nothing is shown' : `the ${shows} version is shown`);

function asked(views: readonly View[]): string {
  const [first] = views;
  if (views.length === 1 && first !== undefined) return `${nameOf(first.variant)} ${first.path}`;
  const variants = new Set(views.map(({ variant }) => nameOf(variant)));
  const paths = new Set(views.map(({ path }) => path));
  return paths.size === 1
    ? `${variants.size} variants of ${first?.path}: ${[...variants].join('; ')}`
    : `${paths.size} URLs, asked ${[...variants].join('; ')}`;
}

/**
 * Whether the edge kept what was asked for before it was purged. Where it kept nothing, a fresh
 * answer proves nothing.
 */
export function judgeKept(about: string, warmed: readonly Warmed[]): Finding {
  const kept = warmed.filter(({ isKept }) => isKept).length;
  const evidence = `${kept} of ${warmed.length} answers came from the cache at the second or a later request`;
  if (kept === warmed.length) return { about, ...confirmed(evidence) };
  const [first] = warmed.filter(({ isKept }) => !isKept);
  const example = first === undefined ? '' : `${nameOf(first.first.variant)} ${first.first.path}`;
  return {
    about,
    ...refuted(
      `${evidence}, but not ${example}`,
      'Where the edge keeps nothing, no purge can be proved: look at the cache policy of the distribution.',
    ),
  };
}

/** What a finding about a purge is worth where the edge had not kept what was to be purged. */
export function unlessKept(finding: Finding): Finding {
  if (finding.verdict !== 'confirmed') return finding;
  const evidence = `${finding.evidence}, but the edge had not kept all of them before`;
  return { about: finding.about, ...untestable(evidence) };
}

/**
 * Whether a variant has an entry of its own, by the first answer to it once another one is kept.
 */
export function judgeSharing(
  { about, expected }: { readonly about: string; readonly expected: 'apart' | 'together' },
  filled: Warmed,
  other: View,
): Finding {
  const name = nameOf(filled.first.variant);
  if (!filled.isKept) return { about, ...untestable(`the edge does not keep the answer to ${name}`) };
  const found = isHit(other) ? 'together' : 'apart';
  return {
    about,
    ...judged(
      found === expected,
      `with ${name} kept, the first ${nameOf(other.variant)} is answered "${other.xCache}"`,
      HARMLESS,
    ),
  };
}

const HARMLESS =
  'Nothing needs doing as long as every variant is fresh after a purge: this only tells the local cloud from this edge.';
