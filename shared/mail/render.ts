import type { AlarmNotice } from './alarm-event.ts';
import type { BackupReport, RefreshReport, RenderedMail, StudentConfirmation } from './mail.ts';
import type { QueuedMail } from './queued-mail.ts';

type Facts = [name: string, value: string][];
type Lists = [name: string, items: string[]][];

const MAX_SUBJECT_LENGTH = 200;

/** The stack that mails: the commands in its mails are about it. */
export interface MailingStack {
  readonly name: string;
  readonly region: string;
}

export function renderMail(message: QueuedMail, stack: MailingStack): RenderedMail {
  switch (message.type) {
    case 'refresh-report':
      return renderRefreshReport(message, stack);
    case 'student-confirmation':
      return renderStudentConfirmation(message);
    case 'backup-report':
      return renderBackupReport(message, stack);
    case 'alarm':
      return renderAlarm(message);
  }
}

function renderAlarm({ name, state, reason, at, description }: AlarmNotice): RenderedMail {
  const advice = state === 'OK' ? 'It is over. There is nothing to do.' : description;
  const facts: Facts = [
    ['Alarm', name],
    ['State', state],
    ['Since', at],
    ['Reason', reason],
    ...(state === 'OK' ? fact('It meant', description) : []),
  ];
  return mail(`${state}: ${name}`, advice, facts);
}

function renderStudentConfirmation(student: StudentConfirmation): RenderedMail {
  const title = `You are registered as student ${student.studentid}`;
  const advice =
    'The school has added you to its student records. If something is wrong, or this is not you, tell the school office.';
  const facts: Facts = [
    ['Student id', student.studentid],
    ['Name', student.name],
    ['Class', student.class],
  ];
  return mail(title, advice, facts);
}

function renderBackupReport(report: BackupReport, stack: MailingStack): RenderedMail {
  const { outcome, key, count, bytes, sha256, failure, startedAt } = report;
  const done = outcome === 'done';
  const title = done ? `Backup: ${count ?? 0} students` : 'FAILED: the students were not backed up';
  const advice = done
    ? `There is nothing to do. To read it back: ${command(`restore -- --from ${key}`, stack)}`
    : 'Earlier backups are untouched. Find the reason below and in the logs of the function backup, then start one again.';
  const facts: Facts = [
    ['Backup', key],
    ['Started', startedAt],
    [done ? 'Finished' : 'Gave up', finishOf(report)],
    ...fact('Students', count),
    ...fact('Bytes', bytes),
    ...fact('SHA-256', sha256),
    ...fact('Reason', failure),
  ];
  return mail(title, advice, facts);
}

function fact(name: string, value: string | number | undefined): Facts {
  return value === undefined ? [] : [[name, `${value}`]];
}

function renderRefreshReport(report: RefreshReport, stack: MailingStack): RenderedMail {
  const fresh = report.outcome === 'fresh';
  const title = fresh
    ? `Fresh: ${summaryOf(report)}`
    : `FAILED: the site may show old content (${summaryOf(report)})`;
  const facts: Facts = [
    ['Refresh', report.refreshId],
    ['Distribution', report.distributionId],
    ['Uploads began', report.startedAt],
    [fresh ? 'Edge verified' : 'Gave up', finishOf(report)],
    ...fact('Reason', report.failure),
    ['Invalidation', report.invalidationId ?? (fresh ? 'none was needed' : 'none was created')],
    ['Paths', `${report.pathCount}, purging ${report.collateral} unchanged objects`],
    ...fact('Nothing to purge', describeSkipped(report.skipped)),
    [
      'URLs verified',
      `${report.verified}${report.superseded > 0 ? `, ${report.superseded} changed again since` : ''}`,
    ],
  ];
  const lists: Lists = [
    ['Changed', withRest(report.changes.map(describeChange), report.changeCount)],
    ['Asked for by hand', withRest(report.requestedPaths, report.requestedPathCount)],
    [
      report.invalidationId === undefined ? 'Planned' : 'Invalidated',
      withRest(report.paths, report.pathCount),
    ],
  ];
  const advice = fresh
    ? 'Visitors get the new content. There is nothing to do.'
    : `Visitors may get old content. Find the reason above and in the execution of this refresh (Step Functions), correct it, then give the edge a fresh start (RUNBOOK.md, refresh-failed): ${command(`refresh -- --paths "/*" --distribution ${report.distributionId}`, stack)}`;
  return mail(
    title,
    advice,
    facts,
    lists.filter(([, items]) => items.length > 0),
  );
}

function command(what: string, { name, region }: MailingStack): string {
  return `npm run ${what} --stack ${name} --region ${region}`;
}

/** Undefined when no file was skipped. */
function describeSkipped({
  unchanged,
  neverCached,
  duplicate,
}: RefreshReport['skipped']): string | undefined {
  const parts = [
    { count: unchanged, why: 'written or removed again unchanged' },
    { count: neverCached, why: 'served with no-store, so not in any cache' },
    { count: duplicate, why: 'told of twice by S3' },
  ].filter(({ count }) => count > 0);
  const told = parts.map(({ count, why }) => `${count} ${count === 1 ? 'file' : 'files'} ${why}`);
  return told.length === 0 ? undefined : told.join('; ');
}

function summaryOf({ changes, changeCount, requestedPaths, requestedPathCount }: RefreshReport): string {
  if (changeCount === 0)
    return requestedPathCount === 1 ? `${requestedPaths[0]}` : `${requestedPathCount} paths`;
  return changeCount === 1 && changes[0] !== undefined ? changes[0].key : `${changeCount} files`;
}

function describeChange({ key, removed }: RefreshReport['changes'][number]): string {
  return removed ? `${key} (removed)` : key;
}

function withRest(shown: readonly string[], total: number): string[] {
  return total > shown.length ? [...shown, `… and ${total - shown.length} more`] : [...shown];
}

function finishOf({ startedAt, finishedAt }: RefreshReport | BackupReport): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return `${finishedAt} (after ${seconds.toFixed(1)} s)`;
}

function mail(title: string, advice: string, facts: Facts, lists: Lists = []): RenderedMail {
  const text = [
    onOneLine(title),
    '',
    advice,
    '',
    ...facts.map(([name, value]) => `${name}: ${onOneLine(value)}`),
    ...lists.flatMap(([name, items]) => ['', `${name}:`, ...items.map(item => `  ${onOneLine(item)}`)]),
    '',
  ].join('\n');
  const html = [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5;max-width:40rem">',
    `<h1 style="font-size:1.25rem">${escapeHtml(title)}</h1><p>${escapeHtml(advice)}</p><table>`,
    ...facts.map(
      ([name, value]) =>
        `<tr><th align="left" valign="top" style="padding-right:1rem">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
    ),
    '</table>',
    ...lists.map(
      ([name, items]) =>
        `<h2 style="font-size:1rem">${escapeHtml(name)}</h2><ul>${items.map(item => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`,
    ),
    '</body></html>',
  ].join('\n');
  return { subject: onOneLine(title).slice(0, MAX_SUBJECT_LENGTH).toWellFormed(), text, html };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => ENTITIES[character] ?? character);
}

/** A key may hold line breaks: they would forge lines of the text, and headers after the subject. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
