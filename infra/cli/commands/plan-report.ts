import { type Cap, capWords } from '../../../shared/planning/cap.ts';
import type { PathReason } from '../../../shared/planning/explain.ts';
import { guardWords } from '../../../shared/planning/guard.ts';
import type { Plan } from '../../../shared/planning/plan.ts';
import { type Column, tableOf } from '../terminal/table.ts';
import type { Page } from '../terminal/terminal.ts';
import { counted, dollars, grouped, printable } from '../terminal/words.ts';

/** A plan, and what people ask about it. */
export interface Report extends Plan {
  readonly explain: readonly PathReason[];
  /** Present if it has a single path because of the month's limit. */
  readonly cap?: Cap;
  /** Keys, sorted. */
  readonly changed: readonly string[];
  /** Paths asked for by hand. */
  readonly requested: readonly string[];
  /** Free paths that the plan leaves of this month's. */
  readonly freePathsLeft: number;
  /** What `/*` would do instead. */
  readonly everything: Pick<Plan, 'needlessPurges' | 'costUsd'>;
}

const NOT_CHEAPEST =
  'The search for a cheaper plan was cut short: there may be one that costs slightly less.';

const MOST_ROWS = 20;
const MOST_NAMES = 3;

const COLUMNS: readonly Column[] = [
  { title: 'Path', wraps: true },
  { title: 'Needless purges', align: 'right' },
  { title: 'Why', wraps: true },
];

/** The report for people: a table, and what it comes to. */
export function describeReport(report: Report, page: Page): string {
  if (report.changed.length + report.requested.length === 0) return 'Nothing changed: no invalidation.';
  if (report.paths.length === 0) {
    return `No viewer can see the ${files(report.changed.length)} that changed: no invalidation.`;
  }
  return [...reasonsOf(report.explain, page), '', ...totalsOf(report)].join('\n');
}

function reasonsOf(reasons: readonly PathReason[], page: Page): string[] {
  const rows = reasons
    .slice(0, MOST_ROWS)
    .map(reason => [reason.path, grouped(reason.needlessPurges), whyOf(reason)]);
  const lines = tableOf(COLUMNS, rows, page);
  const hidden = reasons.length - rows.length;
  return hidden === 0 ? lines : [...lines, `… and ${counted(hidden, 'more path')}: --json has them all`];
}

function whyOf({ keys, requestedPaths }: PathReason): string {
  return [
    ...(keys.length === 0 ? [] : [`${files(keys.length)}: ${firstOf(keys)}`]),
    ...(requestedPaths.length === 0 ? [] : [`by hand: ${firstOf(requestedPaths)}`]),
  ].join('; ');
}

function firstOf(names: readonly string[]): string {
  const hidden = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).map(printable).join(', ');
  return hidden > 0 ? `${shown} and ${grouped(hidden)} more` : shown;
}

function totalsOf(report: Report): string[] {
  const {
    paths,
    changed,
    requested,
    required,
    needlessPurges,
    costUsd,
    freePathsLeft,
    guard,
    cap,
    everything,
  } = report;
  const asked = requested.length === 0 ? '' : ` and ${counted(requested.length, 'path')} by hand`;
  return [
    [
      `${counted(paths.length, 'path')} for ${files(changed.length, 'changed ')}${asked} (${counted(required, 'URL')})`,
      `${report.isEstimated ? 'about ' : ''}${counted(needlessPurges, 'needless purge')}`,
      `cost ${dollars(costUsd)}`,
      `${counted(freePathsLeft, 'free path')} left this month`,
    ].join('; '),
    ...(guard === undefined ? [] : [`--max-needless ${guardWords(guard)}`]),
    ...(cap === undefined ? [] : [`--max-paths ${capWords(cap)}`]),
    ...(report.isCheapest ? [] : [NOT_CHEAPEST]),
    ...(paths.includes('/*')
      ? []
      : [
          `/* instead: ${counted(everything.needlessPurges, 'needless purge')}; cost ${dollars(everything.costUsd)}`,
        ]),
  ];
}

const files = (count: number, which = '') => counted(count, `${which}file`);
