import { sharedLength } from '../key-order.ts';
import { queryAt } from '../path-spelling.ts';
import type { PathBudget } from '../prices.ts';

/** A URL that an invalidation has to cover. */
export interface Target {
  /** The key behind it, decoded like all keys, so that a wildcard may end after any character. */
  readonly text: string;
  /**
   * Whether no exact path is sure to cover it. A wildcard's `*` must then come right after the
   * text, or earlier.
   */
  readonly wildcardOnly: boolean;
  /** Length of its exact path in the list of paths. */
  readonly bytes: number;
}

/**
 * A place where a wildcard may end: the longest prefix that some targets have in common. Any other
 * place purges at least as much for the same targets. (A shorter path would save a few bytes, which
 * is not worth a search.)
 */
export interface Cut {
  readonly prefix: string;
  /** Keys with the prefix that neither changed nor were asked for. */
  readonly needlessPurges: number;
  /**
   * How many exact paths a wildcard there saves, and how much shorter it is than they are in the
   * list of paths: 0 if no cover could exceed the budget's bytes.
   */
  readonly savedPaths: number;
  readonly savedBytes: number;
  /**
   * Whether this cut, or an ancestor, has to be taken: it covers something that can be no exact
   * path and is in no further cut.
   */
  wildcardOnly: boolean;
  /** Index of the next cut that is not a descendant. Cuts are listed in preorder. */
  end: number;
}

/** What has to be covered, and where a wildcard may end. */
export interface CoverTree {
  /** In preorder. */
  readonly cuts: readonly Cut[];
  /** What the targets take without any wildcard. */
  readonly exactPaths: number;
  /** 0, like every cut's `savedBytes`, if no cover could exceed the budget's bytes. */
  readonly exactBytes: number;
  /** No cover within the budget has more exact paths. */
  readonly mostExactPaths: number;
}

/** How many objects that neither changed nor were asked for have a prefix. */
export type NeedlessPurges = (prefix: string) => number;

/** What cuts are weighed by. */
interface Weights {
  readonly purgesOf: NeedlessPurges;
  /** Length of a prefix's wildcard in the list of paths. */
  readonly bytesOf: (prefix: string) => number;
  readonly budget: PathBudget;
}

/** Targets with a common prefix of this length, and how many spans inside precede it. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly length: number;
  readonly inner: number;
}

/**
 * Every cut worth considering, ancestors first. A cut is left out if one above it has no more
 * needless purges: the upper one covers at least as much for the same price.
 */
export function urlTree(targets: readonly Target[], weights: Weights): CoverTree {
  const wanted = sortedWithoutCovered(targets);
  const spans = commonPrefixes(wanted.map(target => target.text));
  const bytes = scarceBytes(wanted, weights.budget);
  const cutAt = weighing(wanted, bytes, weights);
  const cuts: Cut[] = [];
  /** The cuts whose descendants may follow, each with the index of the last span inside. */
  const above: { readonly cut: Cut; readonly lastInner: number }[] = [];
  const close = () => {
    const closed = above.pop();
    if (closed !== undefined) closed.cut.end = cuts.length;
  };
  for (let index = spans.length - 1; index >= 0; index--) {
    const span = spans[index] as Span;
    while ((above.at(-1)?.lastInner ?? 0) > index) close();
    const parent = above.at(-1)?.cut;
    if (parent?.needlessPurges !== 0) {
      const cut = cutAt(span);
      if (cut.needlessPurges !== parent?.needlessPurges) {
        cuts.push(cut);
        above.push({ cut, lastInner: index - span.inner });
      }
    }
    const [first, cut] = [wanted[span.start] as Target, above.at(-1)?.cut];
    if (cut !== undefined && first.wildcardOnly && span.length === first.text.length) cut.wildcardOnly = true;
  }
  while (above.length > 0) close();
  const mostExactPaths = fitting(bytes, weights.budget);
  return { cuts, exactPaths: wanted.length, exactBytes: sum(bytes), mostExactPaths };
}

/**
 * For each target the length of its exact path in the list of paths; none if no cover within the
 * other limits exceeds the budget's. A wildcard is at most one `*` longer than an exact path that
 * it replaces.
 */
function scarceBytes(wanted: readonly Target[], { exactPaths, wildcardPaths, bytes }: PathBudget): number[] {
  const all = wanted.map(target => target.bytes);
  if (sum(all) + wildcardPaths <= bytes) return [];
  const longest = all.toSorted((a, b) => b - a).slice(0, exactPaths + wildcardPaths);
  return sum(longest) + wildcardPaths > bytes ? all : [];
}

/** How many paths a list of paths may have at most: the shortest ones, as long as they fit. */
function fitting(pathBytes: readonly number[], { exactPaths, bytes }: PathBudget): number {
  if (pathBytes.length === 0) return exactPaths;
  const shortest = pathBytes.toSorted((a, b) => a - b);
  let [count, left] = [0, bytes];
  while (count < Math.min(exactPaths, shortest.length) && left >= (shortest[count] as number)) {
    left -= shortest[count++] as number;
  }
  return count;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What a cut for a span of these targets purges and saves. */
function weighing(wanted: readonly Target[], bytes: readonly number[], { purgesOf, bytesOf }: Weights) {
  const bytesBefore = [0];
  for (const each of bytes) bytesBefore.push((bytesBefore.at(-1) ?? 0) + each);
  return ({ start, end, length }: Span): Cut => {
    const prefix = (wanted[start] as Target).text.slice(0, length);
    const exactBytes = (bytesBefore[end] ?? 0) - (bytesBefore[start] ?? 0);
    return {
      prefix,
      needlessPurges: purgesOf(prefix),
      savedPaths: end - start,
      savedBytes: bytes.length === 0 ? 0 : exactBytes - bytesOf(prefix),
      wildcardOnly: false,
      end: 0,
    };
  };
}

/** One target for each text, without those that are covered wherever another is. */
function sortedWithoutCovered(targets: readonly Target[]): Target[] {
  const sorted = targets.toSorted(
    (a, b) => compare(a.text, b.text) || Number(b.wildcardOnly) - Number(a.wildcardOnly),
  );
  const kept: Target[] = [];
  for (const target of sorted) {
    const last = kept.at(-1);
    const isCovered = last?.wildcardOnly ? target.text.startsWith(last.text) : target.text === last?.text;
    if (!isCovered) kept.push(target);
  }
  return kept;
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

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
 * Length of the longest common prefix after which a wildcard may end: not within a character, nor
 * within an escape of a query. -1 at the ends of the list.
 */
export function commonLength(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return -1;
  const length = sharedLength(a, b);
  if (isHighSurrogate(a.charCodeAt(length - 1))) return length - 1;
  const query = queryAt(a);
  if (query < 0) return length;
  const percent = a.lastIndexOf('%', length - 1);
  return percent > query && percent + 2 >= length ? percent : length;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
