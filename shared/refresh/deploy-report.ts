import * as z from 'zod/mini';
import { MailId } from '../mail/mail.ts';
import { LISTED_CHANGES } from './listed-changes.ts';
import { UNASKED_CODES } from './unasked.ts';

/** How the refresh of one distribution ended, in short. */
const Part = z.object({
  refreshId: z.string(),
  distributionId: z.string(),
  outcome: z.enum(['fresh', 'unasked', 'failed']),
  startedAt: z.string(),
  finishedAt: z.string(),
  pathCount: z.int(),
  verified: z.int(),
  failure: z.optional(z.string()),
  unasked: z.optional(z.object({ code: z.enum(UNASKED_CODES), reason: z.string() })),
  /** Whether a function may show objects at URLs that are not known. */
  hasUntold: z.boolean(),
});

/**
 * How the refreshes of one deploy ended, where several distributions show the bucket. Lists are
 * cut; the count beside each is not.
 */
export const DeployReport = z.object({
  type: z.literal('deploy-report'),
  id: MailId,
  /** In the order in which they ended. */
  refreshes: z.array(Part).check(z.minLength(2)),
  ...LISTED_CHANGES,
});
export type DeployReport = z.infer<typeof DeployReport>;
