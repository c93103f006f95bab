import * as z from 'zod/mini';
import { MailId } from '../mail/mail.ts';
import { Cap } from '../planning/cap.ts';
import { Guard } from '../planning/guard.ts';
import { withFormerNames } from './former-names.ts';
import { KeptErrorPages } from './kept-error-pages.ts';
import { LISTED_CHANGES, listed } from './listed-changes.ts';
import { OutsideKeys } from './outside-keys.ts';
import { Unasked } from './unasked.ts';

/**
 * How a refresh ended, for the people who run the site. Lists are cut; the count beside each is
 * not.
 */
const Report = z
  .object({
    type: z.literal('refresh-report'),
    id: MailId,
    refreshId: z.string().check(z.minLength(1)),
    distributionId: z.string().check(z.minLength(1)),
    outcome: z.enum(['fresh', 'unasked', 'failed']),
    startedAt: z.string(),
    finishedAt: z.string(),
    ...LISTED_CHANGES,
    /** What changed of the distribution, if paths were requested because of it. */
    causes: z.optional(listed(z.string())),
    /** What lay outside every origin path of late, and was left aside. */
    outside: z.optional(OutsideKeys),
    /** See `Distribution.untold`; absent if every URL is known. */
    untold: z.optional(listed(z.string())),
    invalidationId: z.optional(z.string()),
    /** Invalidation paths that were sent, or planned if nothing was sent. */
    paths: listed(z.string()),
    pathCount: z.int(),
    needlessPurges: z.int(),
    /** Whether that number is estimated. */
    isEstimated: z.optional(z.literal(true)),
    guard: z.optional(Guard),
    cap: z.optional(Cap),
    errorPages: z.optional(KeptErrorPages),
    /** Changed objects that needed no path, by reason. */
    skipped: z.object({ unchanged: z.int(), neverCached: z.int(), duplicate: z.int() }),
    verified: z.int(),
    superseded: z.int(),
    failure: z.optional(z.string()),
    unasked: z.optional(z.extend(Unasked, { urls: listed(z.string()) })),
  })
  .check(z.refine(({ outcome, unasked }) => (outcome === 'unasked') === (unasked !== undefined)));
export const RefreshReport = withFormerNames(Report);
export type RefreshReport = z.infer<typeof Report>;
