import type { Range, SiteKeys } from './site-keys.ts';
import { QUERY } from './viewer-urls.ts';

/** A URL that an invalidation has to cover. */
export interface Target {
  /** The key behind it, decoded like all keys, so that a wildcard may end after any character. */
  readonly text: string;
  /** Whether no exact path covers it surely: then the text is what may precede the `*` at most. */
  readonly wildcardOnly: boolean;
  /** Length of its exact path in the list of paths. */
  readonly bytes: number;
}

/**
 * A place where a wildcard may end: the longest prefix that some targets have in common. Any other place purges as much for the
 * same targets, or more. (A shorter path would save bytes: too few to look for.)
 */
export interface Cut {
  readonly prefix: string;
  /** Length of the wildcard's path in the list of paths. */
  readonly bytes: number;
  /** Bystanders that begin with the prefix. */
  readonly collateral: number;
  /** Index of the next cut that is no descendant: cuts are listed in preorder. */
  end: number;
  /** What its targets take as exact paths, without those of its descendants. */
  exactPaths: number;
  exactBytes: number;
  /** Whether one of these can be no exact path. */
  wildcardOnly: boolean;
}

/** Targets with a prefix of this length in common, and how many spans inside precede it. */
interface Span extends Range {
  readonly length: number;
  readonly inner: number;
}

export interface CutOptions {
  readonly bytesOfWildcard: (prefix: string) => number;
  /** Whether to leave out the cuts of single targets that may be exact paths: a wildcard for one only spares an exact path. */
  readonly isCoarse: boolean;
}

/** A cut of which descendants may follow. */
interface OpenCut {
  readonly cut: Cut;
  /** The site's keys that begin with its prefix. */
  readonly range: Range;
  /** Index of the last span inside. */
  readonly lastInner: number;
}

/**
 * Every cut worth considering, ancestors first. A cut below another one that purges no more needlessly is left out: in its place
 * the upper one covers at least as much for the same price.
 */
export function findCuts(
  targets: readonly Target[],
  site: SiteKeys,
  { bytesOfWildcard, isCoarse }: CutOptions,
): Cut[] {
  const wanted = sortedWithoutCovered(targets);
  const spans = commonPrefixes(wanted.map(target => target.text));
  const cuts: Cut[] = [];
  const above: OpenCut[] = [];
  const close = () => {
    const closed = above.pop();
    if (closed !== undefined) closed.cut.end = cuts.length;
  };
  /** Undefined when it is not worth considering below its parent. */
  const openAt = (index: number, span: Span, first: Target, parent?: OpenCut): OpenCut | undefined => {
    const isSingle = span.end - span.start === 1 && !first.wildcardOnly;
    if (parent !== undefined && (parent.cut.collateral === 0 || (isCoarse && isSingle))) return undefined;
    const prefix = first.text.slice(0, span.length);
    const range = site.narrow(prefix, parent?.range ?? site.all);
    const collateral = site.bystandersIn(range);
    if (parent !== undefined && collateral === parent.cut.collateral) return undefined;
    const own = { end: 0, exactPaths: 0, exactBytes: 0, wildcardOnly: false };
    const cut = { prefix, collateral, bytes: bytesOfWildcard(prefix), ...own };
    return { cut, range, lastInner: index - span.inner };
  };

  for (let index = spans.length - 1; index >= 0; index--) {
    const span = spans[index] as Span;
    const first = wanted[span.start] as Target;
    while ((above.at(-1)?.lastInner ?? 0) > index) close();
    const opened = openAt(index, span, first, above.at(-1));
    if (opened !== undefined) {
      cuts.push(opened.cut);
      above.push(opened);
    }
    const cut = above.at(-1)?.cut;
    if (cut !== undefined && span.length === first.text.length) addOwn(cut, first);
  }
  while (above.length > 0) close();
  return cuts;
}

function addOwn(cut: Cut, target: Target): void {
  cut.wildcardOnly ||= target.wildcardOnly;
  cut.exactPaths++;
  cut.exactBytes += target.bytes;
}

/** One target of each text, and none that is covered wherever another one is. */
function sortedWithoutCovered(targets: readonly Target[]): Target[] {
  const byText = new Map<string, Target>();
  for (const target of targets) {
    if (target.wildcardOnly || !byText.has(target.text)) byText.set(target.text, target);
  }
  const kept: Target[] = [];
  let covering: string | undefined;
  for (const text of [...byText.keys()].sort()) {
    if (covering !== undefined && text.startsWith(covering)) continue;
    const target = byText.get(text) as Target;
    kept.push(target);
    if (target.wildcardOnly) covering = text;
  }
  return kept;
}

/** The spans of a sorted list, each after those inside it. */
function commonPrefixes(texts: readonly string[]): Span[] {
  const spans: Span[] = [];
  const open: { start: number; length: number; before: number }[] = [];
  for (let index = 0; index <= texts.length; index++) {
    const shared = commonLength(texts[index - 1], texts[index]);
    let closed: (typeof open)[number] | undefined;
    while ((open.at(-1)?.length ?? -1) > shared) {
      closed = open.pop() as (typeof open)[number];
      const { start, length, before } = closed;
      spans.push({ start, end: index, length, inner: spans.length - before });
    }
    if (closed !== undefined && shared >= 0 && open.at(-1)?.length !== shared) {
      open.push({ ...closed, length: shared });
    }
    const text = texts[index];
    if (text !== undefined) open.push({ start: index, length: text.length, before: spans.length });
  }
  return spans;
}

/**
 * Length of the longest common prefix after which a wildcard may end: not within a character, nor within an escape of a query.
 * -1 at the ends of the list.
 */
function commonLength(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return -1;
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  if (isHighSurrogate(a.charCodeAt(length - 1))) return length - 1;
  if (!a.includes(QUERY)) return length;
  const percent = a.lastIndexOf('%', length - 1);
  return percent > a.lastIndexOf(QUERY) && percent + 2 >= length ? percent : length;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
