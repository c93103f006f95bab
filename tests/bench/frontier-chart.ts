import { escaped, STYLE } from './purge-chart.ts';

/** What a choice of paths costs, and what it purges though it did not change. */
export interface Point {
  readonly needlessPurges: number;
  readonly dollars: number;
}

/** The cheapest choices by needless purges, and those of other tools. */
export interface Frontier {
  readonly name: string;
  readonly size: string;
  /** In ascending order of needless purges. */
  readonly curve: readonly Point[];
  readonly tools: readonly (Point & { readonly tool: string })[];
}

const TITLE = 'What it costs to purge fewer untouched objects';
const PANEL = { width: 340, height: 300 };
/** Where the axes cross, and their lengths. */
const AXES = { x: 56, y: 244, width: 260, height: 160 };
/** The price of one path, the least that anything costs, and the decades above it. */
const DOLLARS = { least: 0.005, decades: 3.4, ticks: [0.005, 0.05, 0.5, 5] };
/** Dots nearer than this share a label. */
const LABEL = { width: 40, height: 14 };

/** A panel for each site: dollars upwards, logarithmically, and needless purges to the right. */
export function frontierChart(frontiers: readonly Frontier[]): string {
  const width = PANEL.width * frontiers.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" role="img" aria-labelledby="title about">
  <title id="title">${TITLE}</title>
  <desc id="about">${escaped(frontiers.map(describe).join(' '))}</desc>
  <style>${STYLE}
    .axes, .curve { fill: none; }
    .curve { stroke: #0a64c8; stroke-width: 2; } .tool { fill: #e58a00; }
    @media (prefers-color-scheme: dark) { .curve { stroke: #6cb0ff; } .tool { fill: #ffb84d; } }
  </style>
  <rect class="page" width="${width}" height="${PANEL.height}"/>
  <text class="title" x="10" y="22">${TITLE}</text>
${frontiers.map((frontier, at) => drawPanel(frontier, at * PANEL.width)).join('\n')}
</svg>
`;
}

function drawPanel({ name, size, curve, tools }: Frontier, left: number): string {
  const most = Math.max(1, ...[...curve, ...tools].map(point => point.needlessPurges));
  const x = ({ needlessPurges }: Point) => AXES.x + Math.round((needlessPurges / most) * AXES.width);
  const y = ({ dollars }: Point) => heightOf(dollars);
  const dots = tools.map(point => ({ tool: point.tool, x: x(point), y: y(point) }));
  return `  <g transform="translate(${left} 0)">
    <text class="head" x="10" y="48">${escaped(name)}</text><text class="faint" x="10" y="65">${escaped(size)}</text>
    <path class="axes line" d="M${AXES.x} ${AXES.y - AXES.height} v${AXES.height} h${AXES.width}"/>
${DOLLARS.ticks.map(drawTick).join('\n')}
    <text class="faint" x="${AXES.x}" y="${AXES.y + 18}">0</text>
    <text class="faint" x="${AXES.x + AXES.width}" y="${AXES.y + 18}" text-anchor="end">${most}</text>
    <text class="faint" x="${AXES.x + AXES.width / 2}" y="${AXES.y + 36}" text-anchor="middle">untouched objects purged</text>
    <polyline class="curve" points="${curve.map(point => `${x(point)},${y(point)}`).join(' ')}"/>
${dots.map(dot => `    <circle class="tool" cx="${dot.x}" cy="${dot.y}" r="4"/>`).join('\n')}
${labelsOf(dots).map(drawLabel).join('\n')}
  </g>`;
}

function heightOf(dollars: number): number {
  const decades = Math.log10(Math.max(dollars, DOLLARS.least) / DOLLARS.least);
  return AXES.y - Math.round((decades / DOLLARS.decades) * AXES.height);
}

function drawTick(dollars: number): string {
  return `    <text class="faint" x="${AXES.x - 8}" y="${heightOf(dollars) + 4}" text-anchor="end">$${dollars}</text>`;
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly tool: string;
}

/** One label for dots that are close together, at the first of them. */
function labelsOf(dots: readonly Dot[]): Dot[] {
  const labels: Dot[] = [];
  for (const dot of dots) {
    const near = labels.findIndex(
      ({ x, y }) => Math.abs(x - dot.x) < LABEL.width && Math.abs(y - dot.y) < LABEL.height,
    );
    const label = labels[near];
    if (label === undefined) labels.push(dot);
    else labels[near] = { ...label, tool: `${label.tool}, ${dot.tool}` };
  }
  return labels;
}

/** Names stay within the panel: those in its right half end at their dot. */
function drawLabel({ x, y, tool }: Dot): string {
  const isRight = x > AXES.x + AXES.width / 2;
  const [at, anchor] = isRight ? [x - 7, 'end'] : [x + 7, 'start'];
  return `    <text x="${at}" y="${y - 7}" text-anchor="${anchor}">${escaped(tool)}</text>`;
}

function describe({ name, size, curve, tools }: Frontier): string {
  const words = ({ needlessPurges, dollars }: Point) => `${needlessPurges} for $${dollars.toFixed(3)}`;
  const [first, last] = [curve[0], curve.at(-1)];
  const ends = first && last ? `ours from ${words(first)} to ${words(last)}; ` : '';
  return `${name}, ${size}: ${ends}${tools.map(point => `${point.tool} ${words(point)}`).join('; ')}.`;
}
