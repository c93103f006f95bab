import * as z from 'zod/mini';

/*
 * CloudFront keeps a custom error page at each URL that it was shown at, not under the page's own
 * path. Nobody knows these URLs. So when a page changes, a refresh either waits until no edge can
 * keep the former one, or purges everything.
 */

/** Error pages that changed, and how long edges may keep the former ones. */
export const KeptErrorPages = z.object({
  /** URL paths, as the distribution names them. */
  paths: z.array(z.string()),
  /** Absent if that is not known. */
  seconds: z.exactOptional(z.number()),
});
export type KeptErrorPages = Readonly<z.infer<typeof KeptErrorPages>>;

/** The longest that a refresh waits. Beyond that, it purges everything. */
export const MAX_WAIT_SECONDS = 60;

/** The path that purges everything. */
export const EVERYTHING = '/*';

/** How long a refresh has to wait for pages; undefined if it has to purge everything. */
export function waitSeconds({ seconds }: KeptErrorPages): number | undefined {
  return seconds !== undefined && seconds <= MAX_WAIT_SECONDS ? seconds : undefined;
}

/** What a refresh does about error pages, and why, in one sentence. */
export function errorPageWords(kept: KeptErrorPages): string {
  const { paths, seconds } = kept;
  const time = seconds === undefined ? 'for an unknown time' : `for up to ${seconds} s`;
  const consequence =
    waitSeconds(kept) === undefined
      ? `so everything is purged (${EVERYTHING})`
      : 'so the refresh waits that long';
  return `edges may keep the former ${paths.join(', ')} at any URL ${time}, ${consequence}`;
}
