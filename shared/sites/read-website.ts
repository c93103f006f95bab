import * as z from 'zod/mini';
import type { Website } from './description.ts';

/** The parts of S3's `GetBucketWebsite` that decide what viewers get. */
export const WebsiteConfiguration = z.object({
  IndexDocument: z.optional(z.object({ Suffix: z.optional(z.string()) })),
  ErrorDocument: z.optional(z.object({ Key: z.optional(z.string()) })),
  RoutingRules: z.optional(z.array(z.unknown())),
});
type WebsiteConfiguration = z.infer<typeof WebsiteConfiguration>;

/** @returns undefined if the bucket shows nothing itself, but redirects every request elsewhere */
export function readWebsite(configuration: WebsiteConfiguration): Website | undefined {
  const { IndexDocument, ErrorDocument, RoutingRules = [] } = configuration;
  if (IndexDocument?.Suffix === undefined) return undefined;
  return {
    indexDocument: IndexDocument.Suffix,
    ...(ErrorDocument?.Key === undefined ? {} : { errorDocument: ErrorDocument.Key }),
    ...(RoutingRules.length === 0 ? {} : { routingRules: JSON.stringify(RoutingRules) }),
  };
}
