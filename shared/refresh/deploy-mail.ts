import { type Facts, finishOf, layOut, withRest } from '../mail/layout.ts';
import { mailKind, type RenderedMail } from '../mail/mail.ts';
import { DeployReport } from './deploy-report.ts';
import { describeChange, summaryOfChanges } from './listed-changes.ts';
import { adviceOnUnasked } from './unasked-advice.ts';

type Part = DeployReport['refreshes'][number];

/** Tells the people who run a site with several distributions how one deploy ended. */
export const deployMail = mailKind(DeployReport, renderDeployReport);

function renderDeployReport(report: DeployReport): RenderedMail {
  return layOut({
    title: titleOf(report),
    advice: adviceOf(report),
    facts: report.refreshes.map(factOf),
    lists: [
      ['Changed', withRest(report.changes.map(describeChange), report.changeCount)],
      ['Asked for by hand', withRest(report.requestedPaths, report.requestedPathCount)],
    ],
  });
}

function titleOf(report: DeployReport): string {
  const { refreshes } = report;
  const [failed, unverified] = [withOutcome(refreshes, 'failed'), withOutcome(refreshes, 'unasked')];
  const places = `${refreshes.length} distributions`;
  const summary = summaryOfChanges(report);
  if (failed.length > 0) return `FAILED at ${failed.length} of ${places}, told before (${summary})`;
  if (unverified.length > 0) return `Not verified at ${unverified.length} of ${places}: ${summary}`;
  const limit = refreshes.some(({ hasUntold }) => hasUntold) ? ', as far as its URLs are known' : '';
  return `Fresh at ${places}${limit}: ${summary}`;
}

function adviceOf({ refreshes }: DeployReport): string {
  const codes = new Set(refreshes.flatMap(({ unasked }) => unasked?.code ?? []));
  const advice = [
    ...(withOutcome(refreshes, 'failed').length > 0
      ? ['What to do about the failure is in the mail of its own.']
      : []),
    ...[...codes].map(adviceOnUnasked),
    ...(refreshes.some(({ hasUntold }) => hasUntold)
      ? ['A function may show objects at URLs that are not known: tell them by the option `urls`.']
      : []),
  ];
  return advice.length > 0 ? advice.join(' ') : 'Visitors get the new content. There is nothing to do.';
}

function factOf(part: Part): Facts[number] {
  const paths = `${part.pathCount} ${part.pathCount === 1 ? 'path' : 'paths'}`;
  return [part.distributionId, `${endOf(part)}; ${paths}, ${finishOf(part)}, refresh ${part.refreshId}`];
}

function endOf({ outcome, failure, unasked, verified }: Part): string {
  if (outcome === 'fresh') return `fresh, ${verified} ${verified === 1 ? 'URL' : 'URLs'} verified`;
  return outcome === 'failed' ? `FAILED: ${failure}` : `not verified: ${unasked?.reason}`;
}

const withOutcome = (refreshes: readonly Part[], outcome: Part['outcome']) =>
  refreshes.filter(part => part.outcome === outcome);
