import type { MailMessage, RefreshReport, RenderedMail } from './mail.ts';

const MAX_SUBJECT_LENGTH = 200;

export function renderMail(message: MailMessage): RenderedMail {
  switch (message.type) {
    case 'refresh-report':
      return renderRefreshReport(message);
  }
}

function renderRefreshReport(report: RefreshReport): RenderedMail {
  const fresh = report.outcome === 'fresh';
  const title = fresh
    ? `Fresh: ${summaryOf(report)}`
    : `FAILED: the site may show old content (${summaryOf(report)})`;
  const facts: [string, string][] = [
    ['Refresh', report.refreshId],
    ['Uploads began', report.startedAt],
    [fresh ? 'Edge verified' : 'Gave up', `${report.finishedAt} (after ${secondsOf(report)} s)`],
    ...(report.failure === undefined ? [] : [['Reason', report.failure] satisfies [string, string]]),
    ['Invalidation', report.invalidationId ?? (fresh ? 'none was needed' : 'none was created')],
    ['Paths', `${report.pathCount}, purging ${report.collateral} unchanged objects`],
    [
      'URLs verified',
      `${report.verified}${report.superseded > 0 ? `, ${report.superseded} changed again since` : ''}`,
    ],
  ];
  const lists: [string, string[]][] = [
    ['Changed', withRest(report.changes.map(describeChange), report.changeCount)],
    ['Asked for by hand', withRest(report.requestedPaths, report.requestedPathCount)],
    [
      report.invalidationId === undefined ? 'Planned' : 'Invalidated',
      withRest(report.paths, report.pathCount),
    ],
  ];
  const advice = fresh
    ? 'Visitors get the new content. There is nothing to do.'
    : 'Visitors may get old content. Find the reason above and in the execution of this refresh (Step Functions), correct it, then send {"paths": ["/*"]} to the site-changes queue.';
  return {
    subject: onOneLine(title).slice(0, MAX_SUBJECT_LENGTH).toWellFormed(),
    ...layOut(
      title,
      advice,
      facts,
      lists.filter(([, items]) => items.length > 0),
    ),
  };
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

function secondsOf({ startedAt, finishedAt }: RefreshReport): string {
  return ((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(1);
}

function layOut(title: string, advice: string, facts: [string, string][], lists: [string, string[]][]) {
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
  return { text, html };
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
