import { isServedHeader, type Served } from '../refresh/served.ts';
import type { Edge } from '../refresh/verify-edge.ts';

/** How long a request may take before the edge counts as not answering. */
const TIMEOUT_MS = 10_000;

/**
 * A distribution as its viewers reach it.
 *
 * @param siteUrl `https://d111111abcdef8.cloudfront.net`, without a slash at the end
 */
export function createEdge(siteUrl: string): Edge {
  return {
    async head(requestPath) {
      const response = await fetch(`${siteUrl}${requestPath}`, {
        method: 'HEAD',
        redirect: 'manual',
        // The object as it is stored: a compressed one has a different, weak ETag.
        headers: { 'accept-encoding': 'identity' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      // S3 answers 403 for a missing object when the distribution may not list the bucket.
      if (response.status === 404 || response.status === 403) return undefined;
      if (!response.ok) throw new Error(`The edge answered ${response.status} for ${requestPath}`);
      return {
        headers: Object.fromEntries([...response.headers].filter(([name]) => isServedHeader(name))),
        lastModified: response.headers.get('last-modified') ?? '',
      } satisfies Served;
    },
  };
}
