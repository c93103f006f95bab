import * as z from 'zod/mini';
import { command, type Facts, fact, finishOf, layOut } from '../../mail/layout.ts';
import { MailId, type MailingStack, mailKind, type RenderedMail } from '../../mail/mail.ts';

/** How a backup of the students ended. */
const BackupReport = z.object({
  type: z.literal('backup-report'),
  id: MailId,
  outcome: z.enum(['done', 'failed']),
  key: z.string().check(z.minLength(1)),
  /** How many students are in it. */
  count: z.optional(z.int()),
  /** Of the file as stored, like `bytes`. */
  sha256: z.optional(z.string()),
  bytes: z.optional(z.int()),
  startedAt: z.string(),
  finishedAt: z.string(),
  failure: z.optional(z.string()),
});
export type BackupReport = z.infer<typeof BackupReport>;

/** Tells the people who run the site how a backup ended. */
export const backupMail = mailKind(BackupReport, renderBackupReport);

function renderBackupReport(report: BackupReport, stack: MailingStack): RenderedMail {
  const { outcome, key, count, bytes, sha256, failure, startedAt } = report;
  const isDone = outcome === 'done';
  const facts: Facts = [
    ['Backup', key],
    ['Started', startedAt],
    [isDone ? 'Finished' : 'Gave up', finishOf(report)],
    ...fact('Students', count),
    ...fact('Bytes', bytes),
    ...fact('SHA-256', sha256),
    ...fact('Reason', failure),
  ];
  return layOut({
    title: isDone ? `Backup: ${count ?? 0} students` : 'FAILED: the students were not backed up',
    advice: isDone
      ? `There is nothing to do. To restore this backup: ${command('restore', `--from ${key}`, stack)}`
      : 'Earlier backups are untouched. Find the reason below and in the logs of the function backup, then start another backup.',
    facts,
  });
}
