/// <reference lib="dom" />

/** One bar of a chart. */
export interface Bar {
  /** In units of the axis. */
  readonly value: number;
  /** The tooltip. */
  readonly title: string;
  readonly tone?: 'unasked' | 'trouble';
}

const SVG = 'http://www.w3.org/2000/svg';

/** In units of the drawing, which is stretched to the available space. */
const [WIDTH, HEIGHT] = [600, 100];
const WIDEST_BAR = 28;
/** The lowest bar that is still visible. */
const LOWEST_BAR = 2;

/** Draws bars side by side into the chart's group, scaled to the end of the axis. */
export function drawBars(chart: SVGElement, bars: readonly Bar[], axisEnd: number): void {
  chart.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  chart.setAttribute('preserveAspectRatio', 'none');
  const slot = WIDTH / Math.max(bars.length, 1);
  const width = Math.min(WIDEST_BAR, slot * 0.7);
  chart.querySelector('g')?.replaceChildren(
    ...bars.map(({ value, title, tone }, index) => {
      const height = value === 0 ? 0 : Math.max(LOWEST_BAR, (value / axisEnd) * HEIGHT);
      const rect = document.createElementNS(SVG, 'rect');
      const box = { x: (index + 0.5) * slot - width / 2, y: HEIGHT - height, width, height };
      for (const [name, size] of Object.entries(box)) rect.setAttribute(name, size.toFixed(2));
      if (tone !== undefined) rect.dataset['tone'] = tone;
      rect.append(titled(title));
      return rect;
    }),
  );
}

function titled(text: string): SVGTitleElement {
  const title = document.createElementNS(SVG, 'title');
  title.textContent = text;
  return title;
}
