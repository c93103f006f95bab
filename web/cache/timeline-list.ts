/// <reference lib="dom" />
import { elapsed, timeOfDay } from '../page/wording.ts';
import type { Milestone } from './timeline.ts';

/** Shows milestones in a list. Does nothing if it already shows them. */
export function showTimeline(list: HTMLElement, milestones: readonly Milestone[]): void {
  const shown = JSON.stringify(milestones);
  if (list.dataset['shown'] === shown) return;
  list.dataset['shown'] = shown;
  list.replaceChildren(...milestones.map(itemOf));
}

function itemOf({ label, state, at, tookMs }: Milestone): HTMLElement {
  const item = document.createElement('li');
  item.dataset['state'] = state;
  if (state === 'current') item.setAttribute('aria-current', 'step');
  item.append(part('span', 'milestone-label', label));
  if (at !== undefined) {
    const time = part('time', 'milestone-time', timeOfDay(new Date(at)));
    time.setAttribute('datetime', at);
    item.append(time);
  }
  if (tookMs !== undefined) item.append(part('span', 'milestone-took', `after ${elapsed(tookMs)}`));
  return item;
}

function part(tag: 'span' | 'time', className: string, text: string): HTMLElement {
  const created = document.createElement(tag);
  created.className = className;
  created.textContent = text;
  return created;
}
