import type { Upload } from '../helpers/scenarios.ts';

/** Uploads that are hard for a planner, each in a way of its own. */
const SHAPES = {
  'whole folders': { keyOf: pageKey, isScattered: false },
  scattered: { keyOf: pageKey, isScattered: true },
  'long names': { keyOf: longKey, isScattered: true },
  'doubtful characters': { keyOf: doubtfulKey, isScattered: true },
  'flat numbers': { keyOf: (index: number) => `${index}.jpg`, isScattered: true },
};

type Shape = keyof typeof SHAPES;

const isShape = (name: string): name is Shape => name in SHAPES;
export const ALL_SHAPES: readonly Shape[] = Object.keys(SHAPES).filter(isShape);

export interface SiteSize {
  readonly changed: number;
  /** Keys in the site, those that changed among them. */
  readonly site: number;
}

export function largeUpload(shape: Shape, { changed, site }: SiteSize): Upload {
  const { keyOf, isScattered } = SHAPES[shape];
  const keys = Array.from({ length: site }, (_, index) => keyOf(index));
  // Events arrive in no order; the site's keys as S3 lists them.
  const changedKeys = isScattered ? shuffled(keys).slice(0, changed) : shuffled(keys.slice(0, changed));
  return { name: shape, what: shape, changedKeys, siteKeys: keys.sort((a, b) => (a < b ? -1 : 1)) };
}

/** A hundred pages in a topic, one of them the topic's own, and a hundred topics in a section. */
function pageKey(index: number): string {
  const [section, topic, page] = [Math.floor(index / 10_000), Math.floor(index / 100) % 100, index % 100];
  const folder = `section-${digits(section, 3)}/topic-${digits(topic, 2)}`;
  return page === 0 ? `${folder}/index.html` : `${folder}/page-${digits(page, 2)}.html`;
}

/** 120 hexadecimal digits, which part at the first ones. */
function longKey(index: number): string {
  const random = randomNumbers(index);
  const eightDigits = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${Array.from({ length: 15 }, eightDigits).join('')}.js`;
}

/** A name that can only be covered by a wildcard cut before its bracket. */
function doubtfulKey(index: number): string {
  return `reports/${digits(Math.floor(index / 100), 5)}/report ${digits(index % 100, 2)} [final].pdf`;
}

const digits = (value: number, count: number) => String(value).padStart(count, '0');

function shuffled(keys: readonly string[]): string[] {
  const random = randomNumbers(1);
  return keys
    .map(key => ({ key, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ key }) => key);
}

/** Mulberry32: from 0 up to 1, the same numbers in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
