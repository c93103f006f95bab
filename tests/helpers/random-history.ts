import fc from 'fast-check';
import { ORIGIN_PATHS } from './random-site.ts';

/** One write to the bucket. Contents are few, so that some are uploaded again or rolled back to. */
export interface Write {
  readonly key: string;
  /** Undefined to remove the object. */
  readonly content: string | undefined;
  readonly cacheControl?: string;
  /** Where a website sends visitors instead. */
  readonly redirect?: string;
  /** Seconds since the write before it. */
  readonly after: number;
}

/** A visitor. Whatever is in a cache key may differ. */
export interface Viewer {
  readonly url: string;
  readonly pop: string;
  readonly method: 'GET' | 'HEAD';
  readonly encodings: string;
  readonly cookie: string;
  readonly language: string;
}

/** A deploy, and who comes before and after its plan is made. */
export interface Step {
  readonly writes: readonly Write[];
  readonly viewers: readonly Viewer[];
  /** Written when the plan is made already: the next refresh is about it. */
  readonly late: readonly Write[];
  readonly lateViewers: readonly Viewer[];
}

export const POPS = ['FRA56-P1', 'HAN51-P2'] as const;

const NAMES = [
  ...['index.html', 'about.html', '404.html', 'docs/index.html', 'docs/about.html'],
  ...['docs/index.htm', 'docs/intro.txt', 'en/index.html', 'img/a.png', 'notes (1).txt'],
];

/** URLs that some site may show an object at, and some that never name one. */
function urlsAt(name: string): string[] {
  const path = `/${encodeURI(name)}`;
  const page = path.replace(/\.html$/, '');
  const folder = path.replace(/index\.html?$/, '');
  const others = ['/', '/docs', '/users/5', '/docs/users/5', `/docs${path}`, `/v1${path}`];
  return [path, path, page, folder, ...others];
}

const anyWriteOf = (names: readonly string[]): fc.Arbitrary<Write> =>
  fc
    .record(
      {
        key: fc.constantFrom(...ORIGIN_PATHS.flatMap(path => names.map(name => `${path}/${name}`.slice(1)))),
        content: fc.option(fc.constantFrom('A', 'B', 'C'), { nil: undefined, freq: 5 }),
        cacheControl: fc.constantFrom('max-age=600', 's-maxage=60, max-age=0', 'no-cache', 'no-store'),
        redirect: fc.constantFrom('/about.html', 'https://www.example.com/'),
        after: fc.constantFrom(0, 1, 3),
      },
      { requiredKeys: ['key', 'content', 'after'] },
    )
    .map(({ redirect, ...write }) => {
      // AWS does not say what becomes of an error page that is a redirect.
      const isErrorPage = /(?:^|v\d[/])(?:index|404)\.html$/.test(write.key);
      return redirect === undefined || isErrorPage ? write : { ...write, redirect };
    });

const anyViewerOf = (names: readonly string[]): fc.Arbitrary<Viewer> =>
  fc
    .record({
      path: fc.constantFrom(...names.flatMap(urlsAt)),
      query: fc.constantFrom('', '?v=1', '?v=2', '?x=1'),
      pop: fc.constantFrom(...POPS),
      method: fc.constantFrom<'GET' | 'HEAD'>('GET', 'GET', 'HEAD'),
      encodings: fc.constantFrom('', 'gzip', 'br, gzip'),
      cookie: fc.constantFrom('', 'c=1', 'c=2; d=1'),
      language: fc.constantFrom('', 'en'),
    })
    .map(({ path, query, ...viewer }) => ({ ...viewer, url: `${path}${query}` }));

const anyStepOf = (names: readonly string[]): fc.Arbitrary<Step> =>
  fc.record({
    writes: fc.array(anyWriteOf(names), { minLength: 1, maxLength: 4 }),
    viewers: fc.array(anyViewerOf(names), { maxLength: 8 }),
    late: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(anyWriteOf(names), { maxLength: 2 }) },
    ),
    lateViewers: fc.array(anyViewerOf(names), { maxLength: 3 }),
  });

/** Deploys of few files, so that visitors and writes meet. */
export const anyHistory: fc.Arbitrary<readonly Step[]> = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .chain(names => fc.array(anyStepOf(names), { minLength: 2, maxLength: 3 }));
