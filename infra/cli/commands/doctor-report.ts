import type { Finding, Verdict } from '../doctor/finding.ts';
import type { Format, Page } from '../terminal/terminal.ts';
import { capitalised } from '../terminal/words.ts';

const MARK: Readonly<Record<Verdict, { readonly sign: string; readonly colour: Format }>> = {
  confirmed: { sign: '✓', colour: 'green' },
  refuted: { sign: '✗', colour: 'red' },
  untestable: { sign: '?', colour: 'cyan' },
};

/** One finding for people: a line, and below it what to do. */
export function describeFinding({ about, verdict, evidence, remedy }: Finding, { style }: Page): string {
  const { sign, colour } = MARK[verdict];
  const line = `${style(colour, sign)} ${style('bold', capitalised(about))}: ${evidence}`;
  return remedy === undefined ? line : `${line}\n  ${remedy.replaceAll('\n', '\n  ')}`;
}

/** How many findings there are of each verdict: `12 confirmed, 1 refuted, 2 not testable here`. */
export function describeVerdicts(findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter(finding => finding.verdict === verdict).length;
  return [
    `${count('confirmed')} confirmed`,
    `${count('refuted')} refuted`,
    `${count('untestable')} not testable here`,
  ].join(', ');
}
