import { command, type Facts, fact, finishOf, type Lists, layOut, withRest } from '../mail/layout.ts';
import { type MailingStack, mailKind, type RenderedMail } from '../mail/mail.ts';
import { capWords } from '../planning/cap.ts';
import { guardWords } from '../planning/guard.ts';
import { errorPageWords } from './kept-error-pages.ts';
import { describeChange, summaryOfChanges } from './listed-changes.ts';
import { RefreshReport } from './refresh-report.ts';
import { adviceOnUnasked } from './unasked-advice.ts';

/** Tells the people who run the site how a refresh ended. */
export const refreshMail = mailKind(RefreshReport, renderRefreshReport);

function renderRefreshReport(report: RefreshReport, stack: MailingStack): RenderedMail {
  return layOut({
    title: titleOf(report),
    advice: adviceOf(report, stack),
    facts: factsOf(report),
    lists: listsOf(report),
  });
}

function titleOf(report: RefreshReport): string {
  const { outcome, unasked, untold, invalidationId } = report;
  const summary = summaryOf(report);
  if (outcome === 'fresh')
    return `Fresh${untold === undefined ? '' : ', as far as its URLs are known'}: ${summary}`;
  if (unasked === undefined) return `FAILED: the site may show old content (${summary})`;
  if (unasked.code === 'off')
    return `${invalidationId === undefined ? 'Nothing to invalidate' : 'Invalidated'} (verification is off): ${summary}`;
  const what = invalidationId === undefined ? 'Not verified' : 'Invalidated, not verified';
  return `${what}: ${unasked.reason} (${summary})`;
}

function adviceOf({ outcome, unasked, untold, distributionId }: RefreshReport, stack: MailingStack): string {
  if (outcome === 'fresh' && untold !== undefined)
    return `Visitors get the new content at the URLs that are known. A function of the behaviour ${untold.join(', ')} may show objects at other URLs: tell them by the option \`urls\`. If it changes no URLs, \`urls\` is \`{}\`.`;
  if (outcome === 'fresh') return 'Visitors get the new content. There is nothing to do.';
  if (unasked !== undefined) return adviceOnUnasked(unasked.code);
  const purgeAll = command('refresh', `--paths "/*" --distribution ${distributionId}`, stack);
  return `Visitors may get old content. Find the reason below and in the Step Functions execution of this refresh, and correct it. Then purge everything (RUNBOOK.md, refresh-failed): ${purgeAll}`;
}

const FINISHED: Readonly<Record<RefreshReport['outcome'], string>> = {
  fresh: 'Edge verified',
  unasked: 'Ended',
  failed: 'Gave up',
};

function factsOf(report: RefreshReport): Facts {
  const { outcome, unasked, failure } = report;
  const superseded = report.superseded > 0 ? `, ${report.superseded} changed again since` : '';
  return [
    ['Refresh', report.refreshId],
    ['Distribution', report.distributionId],
    ['Uploads began', report.startedAt],
    [FINISHED[outcome], finishOf(report)],
    ...fact('Reason', failure ?? unasked?.reason),
    [
      'Invalidation',
      report.invalidationId ?? (outcome === 'failed' ? 'none was created' : 'none was needed'),
    ],
    ['Paths', `${report.pathCount}`],
    ...fact('Needless purges', describeNeedless(report)),
    ...fact('Limit on needless purges', report.guard && guardWords(report.guard)),
    ...fact('Limit on paths', report.cap && capWords(report.cap)),
    ...fact('Error pages', report.errorPages && errorPageWords(report.errorPages)),
    ...fact('Nothing to purge', describeSkipped(report.skipped)),
    ['URLs verified', `${report.verified}${superseded}`],
    ...fact('URLs not verified', unasked?.count),
  ];
}

function listsOf(report: RefreshReport): Lists {
  const { unasked } = report;
  const sent = report.invalidationId === undefined ? 'Planned' : 'Invalidated';
  return [
    ['Not verified', unasked === undefined ? [] : withRest(unasked.urls, unasked.count)],
    ['Changed', withRest(report.changes.map(describeChange), report.changeCount)],
    ['Changed of the distribution', report.causes ?? []],
    [
      report.causes === undefined ? 'Asked for by hand' : 'Refreshed because of that',
      withRest(report.requestedPaths, report.requestedPathCount),
    ],
    [sent, withRest(report.paths, report.pathCount)],
    [
      'Ignored since yesterday, outside every origin path',
      report.outside === undefined ? [] : withRest(report.outside.keys, report.outside.count),
    ],
  ];
}

/** Undefined if there were none. */
function describeNeedless({ needlessPurges, isEstimated }: RefreshReport): string | undefined {
  if (needlessPurges === 0) return undefined;
  const about = isEstimated ? 'about ' : '';
  return `${about}${needlessPurges} ${needlessPurges === 1 ? 'file that had' : 'files that had'} not changed`;
}

/** Undefined if no file was skipped. */
function describeSkipped({
  unchanged,
  neverCached,
  duplicate,
}: RefreshReport['skipped']): string | undefined {
  const parts = [
    { count: unchanged, why: 'uploaded or removed again without a change' },
    { count: neverCached, why: 'for which the edge asks the bucket each time' },
    { count: duplicate, why: 'reported twice by S3' },
  ].filter(({ count }) => count > 0);
  const told = parts.map(({ count, why }) => `${count} ${count === 1 ? 'file' : 'files'} ${why}`);
  return told.length === 0 ? undefined : told.join('; ');
}

function summaryOf(report: RefreshReport): string {
  const { causes } = report;
  return causes === undefined
    ? summaryOfChanges(report)
    : `the distribution was changed: ${causes.join(', ')}`;
}
