import type { Purge } from '../helpers/purge.ts';

interface Row {
  readonly name: string;
  readonly what: string;
  readonly size: string;
  /** One for each column. */
  readonly purges: readonly Purge[];
}

const LABEL_WIDTH = 224;
const COLUMN_WIDTH = 100;
const ROW_HEIGHT = 58;
const HEADER_HEIGHT = 92;
const FOOTER_HEIGHT = 14;
const BAR_HEIGHT = 11;
const LONGEST_BAR = 62;

/** Two hues that differ in lightness too, on light and on dark. */
export const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 15px; font-weight: 600; }
    .head { font-weight: 600; }
    .faint { fill: #59636e; }
    .page { fill: #ffffff; } .ours { fill: #eef4fb; } .line { stroke: #d1d9e0; }
    .paths { fill: #0a64c8; } .needlessPurges { fill: #e58a00; } .stale { fill: #b3001e; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .faint { fill: #9da7b1; }
      .page { fill: #0d1117; } .ours { fill: #15243a; } .line { stroke: #3d444d; }
      .paths { fill: #6cb0ff; } .needlessPurges { fill: #ffb84d; } .stale { fill: #ff8a94; }
    }`;

/**
 * A table of small bars: a row for each upload, a column for each tool, the first two of them ours.
 */
export function purgeChart(columns: readonly string[], rows: readonly Row[]): string {
  const width = LABEL_WIDTH + columns.length * COLUMN_WIDTH;
  const height = HEADER_HEIGHT + rows.length * ROW_HEIGHT + FOOTER_HEIGHT;
  const most = Math.max(
    ...rows.flatMap(row => row.purges.flatMap(({ paths, needlessPurges }) => [paths, needlessPurges])),
  );
  const bar = (value: number) => Math.round((Math.log1p(value) / Math.log1p(most)) * LONGEST_BAR);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title about">
  <title id="title">Invalidation paths and needlessly purged objects, by upload and tool</title>
  <desc id="about">${escaped(rows.map(row => describe(columns, row)).join(' '))}</desc>
  <style>${STYLE}
  </style>
  <rect class="page" width="${width}" height="${height}"/>
  <rect class="ours" x="${LABEL_WIDTH - 8}" y="48" width="${2 * COLUMN_WIDTH}" height="${height - 48 - FOOTER_HEIGHT / 2}" rx="6"/>
  <text class="title" x="10" y="22">What an upload makes each tool purge</text>
${legend(360)}
${columns.map((column, at) => header(column, LABEL_WIDTH + at * COLUMN_WIDTH)).join('\n')}
${rows.map((row, at) => drawRow(row, HEADER_HEIGHT + at * ROW_HEIGHT, width, bar)).join('\n')}
</svg>
`;
}

function legend(x: number): string {
  return `  <rect class="paths" x="${x}" y="12" width="14" height="${BAR_HEIGHT}"/><text x="${x + 20}" y="22">paths billed</text>
  <rect class="needlessPurges" x="${x + 110}" y="12" width="14" height="${BAR_HEIGHT}"/><text x="${x + 130}" y="22">untouched objects purged</text>
  <text class="stale" x="${x + 300}" y="22">changed URLs left stale</text>
  <text class="faint" x="${x + 462}" y="22">bars: logarithmic</text>`;
}

function header(column: string, x: number): string {
  const [first = '', second = ''] = column.split(', ');
  return `  <text class="head" x="${x}" y="66">${escaped(first)}</text><text class="faint" x="${x}" y="81">${escaped(second)}</text>`;
}

function drawRow(row: Row, y: number, width: number, bar: (value: number) => number): string {
  const cells = row.purges.map((purge, at) => drawPurge(purge, LABEL_WIDTH + at * COLUMN_WIDTH, y, bar));
  return `  <line class="line" x1="0" x2="${width}" y1="${y}" y2="${y}"/>
  <text class="head" x="10" y="${y + 18}">${escaped(row.name)}</text><text x="36" y="${y + 18}">${escaped(row.what)}</text>
  <text class="faint" x="36" y="${y + 35}">${escaped(row.size)}</text>
${cells.join('\n')}`;
}

function drawPurge(
  { paths, needlessPurges, stale }: Purge,
  x: number,
  y: number,
  bar: (value: number) => number,
): string {
  const lower = y + 8 + BAR_HEIGHT + 4;
  const mark = stale === 0 ? '' : `<text class="stale" x="${x}" y="${y + 51}">${stale} stale</text>`;
  return `  <rect class="paths" x="${x}" y="${y + 8}" width="${bar(paths)}" height="${BAR_HEIGHT}"/><text x="${x + bar(paths) + 4}" y="${y + 18}">${paths}</text>
  <rect class="needlessPurges" x="${x}" y="${lower}" width="${bar(needlessPurges)}" height="${BAR_HEIGHT}"/><text x="${x + bar(needlessPurges) + 4}" y="${lower + 10}">${needlessPurges}</text>${mark}`;
}

function describe(columns: readonly string[], { name, what, purges }: Row): string {
  const cells = purges.map(({ paths, needlessPurges, stale }, at) => {
    const left = stale === 0 ? '' : `, ${stale} stale`;
    return `${columns[at]}: ${paths} paths, ${needlessPurges} untouched purged${left}`;
  });
  return `${name}, ${what}. ${cells.join('; ')}.`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
