import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { describeReport, type Report } from '../../../infra/cli/commands/plan-report.ts';
import { plainPage } from '../../helpers/terminal.ts';

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
  everything: { needlessPurges: 4321, costUsd: 0 },
};

const linesOf = (details: Partial<Report>, width = Number.POSITIVE_INFINITY) =>
  describeReport({ ...REPORT, ...details }, plainPage(width)).split('\n');
const rowsOf = (...explain: Report['explain']) => linesOf({ explain }).slice(1, -3);
const reason = (path: string, ...keys: string[]) => ({ path, keys, requestedPaths: [], needlessPurges: 0 });

describe('the report of a plan', () => {
  it('is a table and its totals', () => {
    expect(linesOf({})).toEqual([
      'Path     Needless purges  Why',
      '/                      0  1 file: index.html',
      '/docs/*            1,200  2 files: docs/a.css, docs/b.css; by hand: /docs/*',
      '',
      '2 paths for 3 changed files and 1 path by hand (3 URLs); 1,200 needless purges; cost $0.005; 0 free paths left this month',
      '/* instead: 4,321 needless purges; cost $0.00',
    ]);
  });

  it('says when the needless purges are estimated', () => {
    const [totals, advice] = linesOf({ isCheapest: false, isEstimated: true }).slice(-3);
    expect(totals).toContain('; about 1,200 needless purges; ');
    expect(advice).toContain('there may be one that costs slightly less');
  });

  it('says that nothing changed', () => {
    const nothing = { paths: [], explain: [], changed: [], requested: [], required: 0 };
    expect(linesOf(nothing)).toEqual(['Nothing changed: no invalidation.']);
  });

  it('says that nobody can see what changed', () => {
    const hidden = { paths: [], explain: [], changed: ['drafts/a.html'], requested: [], required: 0 };
    expect(linesOf(hidden)).toEqual(['No viewer can see the 1 file that changed: no invalidation.']);
  });

  const guard = { limit: 5000, withoutLimit: 10_453, costUsd: 3.68 };

  it('says what the limit on needless purges costs', () => {
    expect(linesOf({ guarded: true, guard }).at(-2)).toBe(
      '--max-needless 5,000 costs $3.68: the cheapest paths would make at least 10,453',
    );
  });

  it('says that no paths meet the limit on needless purges', () => {
    expect(linesOf({ guard: { ...guard, fewest: 8314 } }).at(-2)).toBe(
      '--max-needless 5,000 cannot be kept: any paths would make at least 8,314',
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
    expect(rows[20]).toBe('… and 5 more paths: --json has them all');
    expect(rowsOf(...reasons.slice(0, 20))).toHaveLength(20);
  });

  it('shows no control character of a key, and cuts a long one', () => {
    const [row = ''] = rowsOf(reason('/a', 'a\n\u001b[2J\u2028.txt', '😀'.repeat(30), '😀'.repeat(31)));
    expect(row).toContain(`a\\u{a}\\u{1b}[2J\\u{2028}.txt, ${'😀'.repeat(30)}, ${'😀'.repeat(29)}…`);
  });

  it('keeps a long path whole on one line where there is no terminal', () => {
    const path = `/${'x'.repeat(500)}`;
    expect(rowsOf(reason(path, 'x'), reason('/a', 'a'))[0]).toMatch(new RegExp(`^${path} +0  1 file: x$`));
  });

  it.each([60, 80, 120])('is no wider than a terminal of %i columns, and shows long names whole', width => {
    const path = `/${'x'.repeat(500)}`;
    const wide = 'học-sinh-学生名簿.html';
    const lines = linesOf({ explain: [reason(path, 'x'), reason('/b', wide, wide, wide)] }, width);
    const table = lines.slice(0, lines.indexOf(''));
    expect(Math.max(...table.map(line => stringWidth(line)))).toBeLessThanOrEqual(width);
    const cells = table.map(line => line.split(/ {2,}/)[0] ?? '');
    expect(
      cells
        .slice(1)
        .filter(cell => /^[/x]/.test(cell) && cell !== '/b')
        .join(''),
    ).toBe(path);
  });
});
