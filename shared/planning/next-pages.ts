import { KEYS_PER_PAGE } from './density.ts';
import { compareKeys, rightAfter } from './key-order.ts';
import { type KeyRange, KeyRanges } from './key-ranges.ts';
import { type KnownSite, rangeOf } from './known-site.ts';

/** A wildcard about which more should be known. */
export interface Wanted {
  readonly prefix: string;
  /** Pages that suffice to show that it purges too much. */
  readonly pages: number;
}

/**
 * Chooses where to list next, for the most wanted first: a page each, spread evenly over what is
 * unknown, so that no two are likely to overlap.
 *
 * @param most pages in all
 * @returns the positions at which the pages begin
 */
export function nextPages(site: KnownSite, wanted: Iterable<Wanted>, most: number): string[] {
  const starts: string[] = [];
  const claimed = new KeyRanges(site.listed);
  for (const { prefix, pages } of wanted) {
    const left = Math.min(pages, most - starts.length);
    if (left <= 0) break;
    for (const start of spread(site, claimed.missingIn(rangeOf(prefix)), left)) {
      starts.push(start);
      claimed.add({ from: start, to: endOfPage(site, start) });
    }
  }
  return starts;
}

/** Shares pages among ranges by their estimated sizes. */
function spread(site: KnownSite, ranges: readonly KeyRange[], most: number): string[] {
  const needed = ranges.map(range => Math.max(1, Math.ceil(site.density.keysIn(range) / KEYS_PER_PAGE)));
  const total = needed.reduce((sum, pages) => sum + pages, 0);
  const granted = Math.min(most, total);
  const grantedBefore = (pages: number) => Math.floor((pages * granted) / total);
  let before = 0;
  return ranges.flatMap((range, index) => {
    const pages = needed[index] as number;
    const count = grantedBefore(before + pages) - grantedBefore(before);
    before += pages;
    return startsIn(site, range, count);
  });
}

/** Positions in a range: its start, changed keys inside, and a guess if these are too few. */
function startsIn(site: KnownSite, range: KeyRange, count: number): string[] {
  if (count === 0) return [];
  const { first, last } = site.density.gapsOf(range);
  const gaps = last - first;
  const indices = new Set(
    Array.from({ length: count - 1 }, (_, index) => first + Math.floor(((index + 1) * gaps) / count)),
  );
  const inside = [...indices]
    .map(index => rightAfter(site.counts.boundaries[index] ?? ''))
    .filter(position => compareKeys(range.from, position) < 0 && compareKeys(position, range.to) < 0);
  const guess = inside.length < count - 1 ? between(range) : undefined;
  return [range.from, ...new Set(guess === undefined ? inside : [...inside, guess])];
}

/** The position that a page is likely to end at. */
function endOfPage({ counts, density }: KnownSite, start: string): string {
  const gap = counts.gapOf(start);
  const boundary = counts.boundaries[gap + Math.floor(KEYS_PER_PAGE / density.around(gap))];
  return boundary === undefined ? rangeOf('').to : rightAfter(boundary);
}

/** Most names have no character beyond ASCII. */
const BEYOND_ASCII = 0x7f;

/** A position about half-way, as far as the characters tell; undefined if there is none. */
function between({ from, to }: KeyRange): string | undefined {
  const [left, right] = [[...from], [...to]];
  const shared = left.findIndex((character, index) => character !== right[index]);
  const parting = shared < 0 ? left.length : shared;
  for (let at = parting; at <= left.length; at++) {
    const low = left[at]?.codePointAt(0) ?? 0;
    const high = at === parting ? (right[at]?.codePointAt(0) ?? 0) : BEYOND_ASCII;
    const middle = (low + Math.min(high, BEYOND_ASCII)) >> 1;
    if (middle > low) return rightAfter(left.slice(0, at).join('') + String.fromCodePoint(middle));
  }
  return undefined;
}
