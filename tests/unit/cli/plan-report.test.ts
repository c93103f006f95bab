import { describe, expect, it } from 'vitest';
import { describeReport, type Report } from '../../../infra/cli/plan-report.ts';

const REPORT: Report = {
  paths: ['/', '/docs/*'],
  wildcards: [{ path: '/docs/*', needlessPurges: 1200 }],
  needlessPurges: 1200,
  required: 3,
  costUsd: 0.005,
  guarded: false,
  isCheapest: true,
  explain: [
    { path: '/', keys: ['index.html'], requestedPaths: [], needlessPurges: 0 },
    {
      path: '/docs/*',
      keys: ['docs/a.css', 'docs/b.css'],
      requestedPaths: ['/docs/*'],
      needlessPurges: 1200,
    },
  ],
  changed: ['docs/a.css', 'docs/b.css', 'index.html'],
  requested: ['/docs/*'],
  freePathsLeft: 0,
  maxNeedless: 5000,
  everything: { needlessPurges: 4321, costUsd: 0 },
};

const linesOf = (details: Partial<Report>) => describeReport({ ...REPORT, ...details }).split('\n');
const rowsOf = (...explain: Report['explain']) => linesOf({ explain }).slice(1, -3);
const reason = (path: string, ...keys: string[]) => ({ path, keys, requestedPaths: [], needlessPurges: 0 });

describe('the report of a plan', () => {
  it('is a table and what it comes to', () => {
    expect(linesOf({})).toEqual([
      'Path     Needless purges  Why',
      '/                      0  1 file: index.html',
      '/docs/*            1,200  2 files: docs/a.css, docs/b.css; by hand: /docs/*',
      '',
      '2 paths for 3 changed files and 1 path by hand (3 URLs); 1,200 needless purges; cost $0.005; 0 free paths left this month',
      '/* instead: 4,321 needless purges; cost $0.00',
    ]);
  });

  it('says that nothing changed', () => {
    const nothing = { paths: [], explain: [], changed: [], requested: [], required: 0 };
    expect(linesOf(nothing)).toEqual(['Nothing changed: no invalidation.']);
  });

  it('says that nobody can see what changed', () => {
    const hidden = { paths: [], explain: [], changed: ['drafts/a.html'], requested: [], required: 0 };
    expect(linesOf(hidden)).toEqual(['No viewer can see the 1 file that changed: no invalidation.']);
  });

  it('says that it purges as few objects as possible instead of as few dollars', () => {
    expect(linesOf({ guarded: true }).at(-2)).toBe(
      'The cheapest paths would have purged more than 5,000 unchanged objects (--max-needless); these purge as few as possible.',
    );
  });

  it('does not compare everything with itself', () => {
    expect(linesOf({ paths: ['/*'] }).at(-1)).toMatch(/^1 path for/);
  });

  it('shortens a long table, and the keys of one path', () => {
    const reasons = Array.from({ length: 25 }, (_, index) => reason(`/${index}`, 'a', 'b', 'c', 'd', 'e'));
    const rows = rowsOf(...reasons);
    expect(rows).toHaveLength(21);
    expect(rows[0]).toMatch(/5 files: a, b, c and 2 more$/);
    expect(rows[20]).toBe('… and 5 more paths: --json tells all');
    expect(rowsOf(...reasons.slice(0, 20))).toHaveLength(20);
  });

  it('shows no control character of a key, and cuts a long one', () => {
    const [row = ''] = rowsOf(reason('/a', 'a\n\u001b[2J\u2028.txt', '😀'.repeat(60), '😀'.repeat(61)));
    expect(row).toContain(`a\\u{a}\\u{1b}[2J\\u{2028}.txt, ${'😀'.repeat(60)}, ${'😀'.repeat(59)}…`);
  });

  it('lets one long path not widen all the others', () => {
    const [long = '', short = ''] = rowsOf(reason(`/${'x'.repeat(500)}`, 'x'), reason('/a', 'a'));
    expect([long.length > 500, short.length < 110]).toEqual([true, true]);
  });
});
