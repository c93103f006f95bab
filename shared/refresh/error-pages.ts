import { decodePath } from '../planning/path-spelling.ts';
import { type UrlRules, viewerPaths } from '../planning/viewer-urls.ts';
import {
  type Behaviour,
  DEFAULT_ERROR_TTL_SECONDS,
  type Description,
  type ErrorResponse,
  showing,
} from '../sites/description.ts';
import { type CachingHeaders, namedSeconds } from './asked-each-time.ts';
import { behavioursShowing, changesAnswers } from './behaviours-showing.ts';
import type { KeptErrorPages } from './kept-error-pages.ts';

/** An error page that changed. */
export interface ChangedPage {
  readonly key: string;
  /** What the bucket held before, if no edge can keep anything else; `{}` if it held nothing. */
  readonly former?: CachingHeaders;
}

/** The error pages of a distribution. */
export interface ErrorPages {
  includes(key: string): boolean;
  /** How long edges may keep former pages; undefined if they keep none. */
  keptOf(changed: readonly ChangedPage[]): KeptErrorPages | undefined;
}

/**
 * AWS's documents differ on which time counts: the minimum for errors, what the page says, or what
 * the error says. So it is the longest of them. Errors of S3 say nothing. Those of other origins
 * may say anything, and are kept no longer than the maximum TTL of their behaviour.
 *
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
export function customErrorPages(
  description: Pick<Description, 'behaviours' | 'errorResponses'>,
  urls: UrlRules,
): ErrorPages {
  const { behaviours, errorResponses } = description;
  const pages = errorResponses
    .filter(({ pagePath }) => pagePath !== '')
    .map(page => ({ ...page, viewerPath: decodePath(page.pagePath) }));
  const document = errorDocumentOf(urls, errorResponses);
  const customAt = (key: string) => {
    if (pages.length === 0) return [];
    const paths = viewerPaths(key, urls);
    return pages.filter(({ viewerPath }) => paths.includes(viewerPath));
  };
  const documentAt = (key: string) => (document?.key === key ? [document] : []);
  const pagesAt = (key: string) => [...documentAt(key), ...customAt(key)];
  const shown = showing(description);
  const others = behaviours.filter(behaviour => !shown.includes(behaviour));
  const ofOthers = others.map(({ caching }) => caching.maxTtlSeconds);
  const isAltered = behaviours.some(changesAnswers);
  const showingPage = behavioursShowing(description, urls);

  function secondsOf({ key, former }: ChangedPage): number | undefined {
    if (former === undefined || isAltered) return undefined;
    const asked = namedSeconds(former);
    if (asked === undefined) return undefined;
    const [asDocument, asCustom] = [documentAt(key), customAt(key)];
    const ofErrors = [...asDocument, ...asCustom].map(({ minTtlSeconds }) => minTtlSeconds);
    const showingIt = asDocument.length > 0 ? shown : showingPage(key);
    const ofPage = showingIt.map(behaviour => capped(asked, behaviour));
    return Math.ceil(Math.max(0, ...ofErrors, ...(asCustom.length > 0 ? ofOthers : []), ...ofPage));
  }

  return {
    includes: key => pagesAt(key).length > 0,
    keptOf(changed) {
      if (changed.length === 0) return undefined;
      const each = changed.map(secondsOf);
      const seconds = each.includes(undefined) ? undefined : Math.max(...each.map(Number));
      if (seconds === 0) return undefined;
      const paths = new Set(changed.flatMap(({ key }) => pagesAt(key).map(({ pagePath }) => pagePath)));
      return { paths: [...paths].sort(), ...(seconds === undefined ? {} : { seconds }) };
    },
  };
}

/**
 * The error document of a website. CloudFront keeps it as any other answer with an error. Whether
 * S3 sends the document's own headers with it is not documented, so they count.
 */
function errorDocumentOf(
  { errorDocument: key }: UrlRules,
  errorResponses: readonly ErrorResponse[],
): ErrorDocument | undefined {
  if (key === undefined) return undefined;
  const told = errorResponses.filter(({ errorCode }) => errorCode < 500).map(each => each.minTtlSeconds);
  return { key, pagePath: `/${key}`, minTtlSeconds: Math.max(DEFAULT_ERROR_TTL_SECONDS, ...told) };
}

interface ErrorDocument {
  readonly key: string;
  readonly pagePath: string;
  readonly minTtlSeconds: number;
}

function capped(asked: number, { caching: { minTtlSeconds, maxTtlSeconds } }: Behaviour): number {
  return Math.max(minTtlSeconds, Math.min(maxTtlSeconds, asked));
}
