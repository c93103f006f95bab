import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Takes one line of Markdown of a bench's report. */
export type Print = (line: string) => void;

/**
 * `whole`: as in BENCHMARKS.md. `smoke`: as little as shows that the bench still works; its figures
 * say nothing.
 */
export type Size = 'whole' | 'smoke';

const REPORT = join(import.meta.dirname, 'BENCHMARKS.md');

/**
 * A Markdown table that also reads well unrendered: the first column to the left, figures to the
 * right.
 */
export function printTable(
  print: Print,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = headers.map((header, column) =>
    Math.max(3, header.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const lineOf = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  print(lineOf(headers));
  print(
    `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  );
  for (const row of rows) print(lineOf(row));
  print('');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/**
 * Puts a bench's report between its two marks in BENCHMARKS.md.
 *
 * @throws Error when the file has no place for it
 */
export async function writeReport(bench: string, markdown: string): Promise<void> {
  const [start, end] = [`<!-- ${bench} -->\n`, `<!-- /${bench} -->`];
  const page = await readFile(REPORT, 'utf8');
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`BENCHMARKS.md has no place for ${bench}`);
  await writeFile(REPORT, `${page.slice(0, from + start.length)}${markdown.trimEnd()}\n${page.slice(to)}`);
}
