/** What changed in a site, and what is in it afterwards. */
export interface Upload {
  readonly name: string;
  readonly what: string;
  /** Keys created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Keys in the bucket afterwards. */
  readonly siteKeys: readonly string[];
}

/** Keys numbered from 001, so that none is a prefix of another. */
function numbered(count: number, keyOf: (number: string) => string): string[] {
  return Array.from({ length: count }, (_, index) => keyOf(String(index + 1).padStart(3, '0')));
}

const photos = (count: number, folder: string) => numbered(count, number => `${folder}/photo-${number}.jpg`);

const posts = numbered(200, number => `posts/post-${number}/index.html`);
const blog = [
  ...['index.html', 'feed.xml', 'sitemap.xml'],
  ...posts,
  ...photos(240, 'images'),
  ...numbered(31, number => `styles/part-${number}.css`),
  ...numbered(31, number => `scripts/part-${number}.js`),
];

const stylesheets = numbered(20, number => `assets/css/part-${number}.css`);
const reports = numbered(20, number => `a/b/c/report-${number}.pdf`);
// Nine first letters, so that no wildcard joins two of them without purging the whole site.
const rootPages = ['about', 'blog', 'contact', 'events', 'faq', 'gallery', 'help', 'jobs', 'news'].map(
  name => `${name}.html`,
);
const videoFiles = (video: string) => [
  `videos/lesson-${video}/index.m3u8`,
  ...numbered(30, number => `videos/lesson-${video}/segment-${number}.ts`),
];

/**
 * Nine uploads on which tools that choose invalidation paths differ. What a short description
 * leaves open (which posts, which names) is chosen here so that the tools' rules and the optimum
 * tell apart: see each comment.
 */
export const SCENARIOS: readonly Upload[] = [
  upload('S1', 'page, styles, scripts', ['index.html', 'styles.css', 'scripts.js'], photos(20, 'images')),
  upload(
    'S2',
    'one page of documentation',
    ['docs/topic-007/index.html'],
    numbered(501, number => `docs/topic-${number}/index.html`),
  ),
  upload(
    'S3',
    '12 posts, home, feed, sitemap',
    // Every eleventh post: nine below 100 and three above, never two in one ten.
    [
      'index.html',
      'feed.xml',
      'sitemap.xml',
      ...posts.filter((_, index) => (index + 1) % 11 === 0).slice(0, 12),
    ],
    blog,
  ),
  upload(
    'S4',
    '20 stylesheets, 2 root files',
    ['index.html', 'styles.css', ...stylesheets],
    // In a folder beside the stylesheets': a tool that goes one folder too far up purges them.
    photos(500, 'assets/images'),
  ),
  upload('S5', '20 files of a deep folder', reports, photos(400, 'a/b/x')),
  upload('S6', '9 root files', rootPages, [
    'index.html',
    'robots.txt',
    'sitemap.xml',
    ...photos(600, 'media'),
  ]),
  // No index.html in the site: a tool that takes myindex.html for one purges `/`, which shows
  // nothing.
  upload('S7', 'only myindex.html', ['myindex.html'], photos(51, 'images')),
  upload('S8', 'everything', blog, blog),
  upload('S9', 'one of 20 videos', videoFiles('007'), numbered(20, number => number).flatMap(videoFiles)),
];

function upload(name: string, what: string, changedKeys: string[], otherKeys: string[]): Upload {
  return { name, what, changedKeys, siteKeys: [...new Set([...changedKeys, ...otherKeys])] };
}
