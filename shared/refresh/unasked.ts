import * as z from 'zod/mini';

/** What kept an edge from being asked, or its answer from being judged. */
export const UNASKED_CODES = [
  /** 401: the site wants credentials. */
  'unauthorized',
  /** 403, and not S3's own answer for a missing object: a firewall, a function. */
  'forbidden',
  /** 403, where viewers need signed URLs or cookies. */
  'signed',
  /** Redirected away from the site's own hosts, or to a page that does not show the object. */
  'redirected',
  /** The host's name is not known, or its certificate is not valid for it. */
  'no-address',
  /** The edge serves the object's ETag with other bytes. */
  'altered',
  /** The site's owner has switched verification off. */
  'off',
] as const;
export type UnaskedCode = (typeof UNASKED_CODES)[number];

/**
 * URLs that could not be judged fresh or stale. With several reasons, the one of most URLs is told.
 */
export const Unasked = z.object({
  code: z.enum(UNASKED_CODES),
  /**
   * For people, the same for every URL that it holds for, so without a path:
   * `d111111abcdef8.cloudfront.net answers 401`. A reason told before is not mailed again.
   */
  reason: z.string(),
  /** How many URLs, for whatever reason. */
  count: z.number(),
  /** The first of them, as a client asks for them. */
  urls: z.array(z.string()),
});
export type Unasked = Readonly<z.infer<typeof Unasked>>;
