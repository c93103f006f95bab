import { z } from 'zod';

/** How a refresh ended, for the people who run the site. */
const RefreshReport = z.object({
  type: z.literal('refresh-report'),
  /** The same event always has the same id; a mail is sent once per id. */
  id: z.string().min(1),
  refreshId: z.string().min(1),
  outcome: z.enum(['fresh', 'failed']),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** Changed objects, at most `MAX_LISTED` of them, and how many there were. */
  changes: z.array(z.object({ key: z.string(), removed: z.boolean() })),
  changeCount: z.number().int(),
  /** Invalidation paths asked for by hand, at most `MAX_LISTED` of them, and how many there were. */
  requestedPaths: z.array(z.string()),
  requestedPathCount: z.number().int(),
  invalidationId: z.string().optional(),
  /** Invalidation paths, at most `MAX_LISTED` of them, and how many there were. */
  paths: z.array(z.string()),
  pathCount: z.number().int(),
  collateral: z.number().int(),
  verified: z.number().int(),
  superseded: z.number().int(),
  failure: z.string().optional(),
});
export type RefreshReport = z.infer<typeof RefreshReport>;

/** Longer lists are cut in messages and mails: a queue message ends at 1 MiB, a reader's patience before. */
export const MAX_LISTED = 50;

/** Everything that the mail queue takes. */
export const MailMessage = z.discriminatedUnion('type', [RefreshReport]);
export type MailMessage = z.infer<typeof MailMessage>;

/** A mail ready to send. Text and HTML say the same. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
