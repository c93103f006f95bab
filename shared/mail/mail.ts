import * as z from 'zod/mini';
import { isEmailAddress } from './email-address.ts';

/** The same event always has the same id; a mail is sent once per id. */
const MailId = z.string().check(z.minLength(1));

/** Longer lists are cut in messages and mails: a queue message ends at 1 MiB, a reader's patience before. */
export const MAX_LISTED = 50;

const listed = <Item extends z.core.$ZodType>(item: Item) => z.array(item).check(z.maxLength(MAX_LISTED));

/** How a refresh ended, for the people who run the site. */
const RefreshReport = z.object({
  type: z.literal('refresh-report'),
  id: MailId,
  refreshId: z.string().check(z.minLength(1)),
  distributionId: z.string().check(z.minLength(1)),
  outcome: z.enum(['fresh', 'failed']),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** Changed objects, at most `MAX_LISTED` of them, and how many there were. */
  changes: listed(z.object({ key: z.string(), removed: z.boolean() })),
  changeCount: z.int(),
  /** Invalidation paths asked for by hand, at most `MAX_LISTED` of them, and how many there were. */
  requestedPaths: listed(z.string()),
  requestedPathCount: z.int(),
  invalidationId: z.optional(z.string()),
  /** Invalidation paths, at most `MAX_LISTED` of them, and how many there were. */
  paths: listed(z.string()),
  pathCount: z.int(),
  collateral: z.int(),
  /** Changed objects that needed no path, by why. */
  skipped: z.object({ unchanged: z.int(), neverCached: z.int(), duplicate: z.int() }),
  verified: z.int(),
  superseded: z.int(),
  failure: z.optional(z.string()),
});
export type RefreshReport = z.infer<typeof RefreshReport>;

/** Tells a student that the school has their record. The only message that names its recipient. */
const StudentConfirmation = z.object({
  type: z.literal('student-confirmation'),
  id: MailId,
  to: z.string().check(z.refine(isEmailAddress)),
  studentid: z.string().check(z.minLength(1)),
  name: z.string().check(z.minLength(1)),
  class: z.string().check(z.minLength(1)),
});
export type StudentConfirmation = z.infer<typeof StudentConfirmation>;

/** How a backup of the students ended. */
const BackupReport = z.object({
  type: z.literal('backup-report'),
  id: MailId,
  outcome: z.enum(['done', 'failed']),
  key: z.string().check(z.minLength(1)),
  /** Students in it. */
  count: z.optional(z.int()),
  /** Of the file as stored, like `bytes`. */
  sha256: z.optional(z.string()),
  bytes: z.optional(z.int()),
  startedAt: z.string(),
  finishedAt: z.string(),
  failure: z.optional(z.string()),
});
export type BackupReport = z.infer<typeof BackupReport>;

/** What the program puts into the mail queue. */
export const MailMessage = z.discriminatedUnion('type', [RefreshReport, StudentConfirmation, BackupReport]);
export type MailMessage = z.infer<typeof MailMessage>;

/** A mail ready to send. Text and HTML say the same. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
