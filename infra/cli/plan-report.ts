import type { PathReason } from '../../shared/invalidation/explain.ts';
import type { Plan } from '../../shared/invalidation/plan.ts';

/** A plan, and what people ask about it. */
export interface Report extends Plan {
  readonly explain: readonly PathReason[];
  /** Keys, sorted. */
  readonly changed: readonly string[];
  /** Paths asked for by hand. */
  readonly requested: readonly string[];
  /** Paths that cost nothing and are left of this month's after the plan. */
  readonly freePathsLeft: number;
  /** So many unchanged objects were allowed to be purged to save money. */
  readonly maxNeedless: number;
  /** What `/*` would do instead. */
  readonly everything: Pick<Plan, 'collateral' | 'costUsd'>;
}

const MOST_ROWS = 20;
const MOST_NAMES = 3;
/** Columns of a terminal. A longer path moves the rest of its row aside; a longer name is cut. */
const WIDEST = 60;

/** The report for people: a table, and what it comes to. */
export function describeReport(report: Report): string {
  if (report.changed.length + report.requested.length === 0) return 'Nothing changed: no invalidation.';
  if (report.paths.length === 0) {
    return `No viewer can see the ${files(report.changed.length)} that changed: no invalidation.`;
  }
  return [...tableOf(report.explain), '', ...totalsOf(report)].join('\n');
}

function tableOf(reasons: readonly PathReason[]): string[] {
  const rows = reasons.slice(0, MOST_ROWS).map(reason => ({
    path: reason.path,
    needless: grouped(reason.collateral),
    why: whyOf(reason),
  }));
  const titled = [{ path: 'Path', needless: 'Needless purges', why: 'Why' }, ...rows];
  const width = Math.min(WIDEST, Math.max(...titled.map(({ path }) => path.length)));
  const lines = titled.map(({ path, needless, why }) =>
    [path.padEnd(width), needless.padStart('Needless purges'.length), why].join('  '),
  );
  const hidden = reasons.length - rows.length;
  return hidden === 0 ? lines : [...lines, `… and ${counted(hidden, 'more path')}: --json tells all`];
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
  const { paths, changed, requested, required, collateral, costUsd, freePathsLeft, everything } = report;
  const asked = requested.length === 0 ? '' : ` and ${counted(requested.length, 'path')} by hand`;
  const guarded = report.guarded
    ? [
        `The cheapest paths would have purged more than ${grouped(report.maxNeedless)} unchanged objects ` +
          '(--max-needless); these purge as few as possible.',
      ]
    : [];
  return [
    [
      `${counted(paths.length, 'path')} for ${files(changed.length, 'changed ')}${asked} (${counted(required, 'URL')})`,
      counted(collateral, 'needless purge'),
      `cost ${dollars(costUsd)}`,
      `${counted(freePathsLeft, 'free path')} left this month`,
    ].join('; '),
    ...guarded,
    ...(report.isCheapest
      ? []
      : ['The search for a cheaper plan was given up: there may be one that costs slightly less.']),
    ...(paths.includes('/*')
      ? []
      : [
          `/* instead: ${counted(everything.collateral, 'needless purge')}; cost ${dollars(everything.costUsd)}`,
        ]),
  ];
}

/** Safe to print, whatever a key holds: a terminal obeys control characters. */
function printable(name: string): string {
  const [...characters] = name.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return characters.length <= WIDEST ? characters.join('') : `${characters.slice(0, WIDEST - 1).join('')}…`;
}

const grouped = (count: number) => count.toLocaleString('en-US');
const counted = (count: number, thing: string) => `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
const files = (count: number, which = '') => counted(count, `${which}file`);
/** A path costs half a cent, so cents are not enough. */
const dollars = (usd: number) =>
  `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;
