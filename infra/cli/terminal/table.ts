import stringWidth from 'string-width';
import { terminalColumns } from 'terminal-columns';
import type { Page } from './terminal.ts';
import { counted } from './words.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Long cells continue on the next line where the page is too narrow. @default they never do */
  readonly wraps?: boolean;
  /** Rank in which columns are left out where the page is too narrow, 1 first. @default never */
  readonly leftOut?: number;
}

/** A column, and how wide its widest cell is. Wide characters take two columns of a terminal. */
interface MeasuredColumn extends Column {
  readonly index: number;
  readonly width: number;
}

const GAP = 2;

/** Lines of a table that is as wide as its cells, or as the page if that is narrower. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  page: Page,
): string[] {
  const all = columns.map((column, index) => ({
    ...column,
    index,
    width: Math.max(stringWidth(column.title), ...rows.map(row => stringWidth(row[index] ?? ''))),
  }));
  const shown = thatFit(all, page.width);
  const hidden = all.length - shown.length;
  return [
    ...linesOf(shown, rows, page),
    ...(hidden === 0
      ? []
      : [page.style('dim', `… ${counted(hidden, 'column')} did not fit: --json has all`)]),
  ];
}

function thatFit(columns: readonly MeasuredColumn[], pageWidth: number): readonly MeasuredColumn[] {
  const isTooWide = fixedWidth(columns) > pageWidth;
  const [first] = columns
    .filter(({ leftOut }) => leftOut !== undefined)
    .sort((a, b) => (a.leftOut ?? 0) - (b.leftOut ?? 0));
  if (!isTooWide || first === undefined) return columns;
  return thatFit(
    columns.filter(column => column !== first),
    pageWidth,
  );
}

/** What a table needs besides its columns that wrap. */
function fixedWidth(columns: readonly MeasuredColumn[]): number {
  return columns.reduce((sum, { width, wraps }) => sum + (wraps ? 0 : width), GAP * (columns.length - 1));
}

function linesOf(
  columns: readonly MeasuredColumn[],
  rows: readonly (readonly string[])[],
  { width, style }: Page,
): string[] {
  const wrapping = columns.filter(({ wraps }) => wraps).length;
  const share = Math.floor((width - fixedWidth(columns)) / wrapping);
  const cells = rows.map(row => columns.map(({ index }) => row[index] ?? ''));
  const table = terminalColumns([columns.map(({ title }) => style('bold', title)), ...cells], {
    stdoutColumns: width,
    columns: columns.map((column, index) => ({
      align: column.align ?? 'left',
      width: column.wraps && column.width > share ? 'auto' : 'content-width',
      paddingRight: index === columns.length - 1 ? 0 : GAP,
    })),
  });
  return table.split('\n').map(line => line.trimEnd());
}
