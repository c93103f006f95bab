import * as z from 'zod/mini';

/** A value in Secrets Manager. */
const SecretValue = z.strictObject({
  /** ARN or name of the secret. */
  secret: z.string().check(z.minLength(1)),
  /** Which member of its JSON; the whole text if absent. */
  field: z.optional(z.string().check(z.minLength(1))),
});
export type SecretValue = z.infer<typeof SecretValue>;

/** What a site's owner told of a distribution, because CloudFront cannot tell it. */
export const Told = z.strictObject({
  /** Where viewers reach it, without a slash at the end. Its own domain, if absent. */
  url: z.optional(z.url()),
  /** Whether a function also serves pages without their extension. */
  extensionless: z.optional(z.boolean()),
  /** See planning/told-urls.ts. Nothing in it means that no function changes the URLs. */
  urls: z.optional(z.record(z.string(), z.array(z.string()))),
  /** The key of the object that a function shows at URLs that name no object. */
  spaFallback: z.optional(z.string()),
  /** Whether the edge is asked at all. */
  verify: z._default(z.boolean(), true),
  /** Headers of each request to the edge, by name. Their values are kept in Secrets Manager. */
  verificationHeaders: z._default(z.record(z.string(), SecretValue), {}),
});
export type Told = Readonly<z.infer<typeof Told>>;
