/// <reference lib="dom" />

import type { RefreshSummary } from '../../shared/refresh/api-contract.ts';
import { element, fromTemplate, write, writeField } from '../page/dom.ts';
import { calendarDay, counted, dateAndTime, dollars, elapsed } from '../page/wording.ts';
import { drawBars } from './bar-chart.ts';
import { axisEnd, type Day, type Ended, endedOf, median, pathsPerDay } from './chart-data.ts';
import { causeOf, STATE_WORDS, toneOf } from './refresh-words.ts';

/** Draws both charts from the loaded history. */
export function showCharts(refreshes: readonly RefreshSummary[]): void {
  const ended = endedOf(refreshes);
  element('trends', HTMLElement).hidden = ended.length === 0;
  showTimes(ended);
  showDays(pathsPerDay(refreshes));
}

function showTimes(ended: readonly Ended[]): void {
  const end = axisEnd(Math.max(...ended.map(({ tookMs }) => tookMs / 1000), 0));
  const bars = ended.map(({ refresh, tookMs }) => {
    const tone = toneOf(refresh);
    return {
      value: tookMs / 1000,
      title: `${dateAndTime(new Date(refresh.startedAt))}: ${causeOf(refresh)}, ${STATE_WORDS[refresh.state].toLowerCase()} after ${elapsed(tookMs)}`,
      ...(tone === 'unasked' || tone === 'trouble' ? { tone } : {}),
    };
  });
  drawBars(chart('times'), bars, end);
  label('times', 'top', elapsed(end * 1000));
  label('times', 'from', ended.length > 1 ? 'Oldest' : '');
  label('times', 'to', 'Newest');
  label('times', 'summary', timesWords(ended));
}

function timesWords(ended: readonly Ended[]): string {
  const timesOf = (state: RefreshSummary['state']) =>
    ended.filter(({ refresh }) => refresh.state === state).map(({ tookMs }) => tookMs);
  const fresh = timesOf('fresh');
  const middle = median(fresh);
  const [unasked, failed] = [timesOf('unasked').length, timesOf('failed').length];
  return [
    ...(middle === undefined
      ? []
      : [
          `${countedRefreshes(fresh.length)} succeeded: median ${elapsed(middle)}, slowest ${elapsed(Math.max(...fresh))}.`,
        ]),
    ...(unasked === 0
      ? []
      : [`${countedRefreshes(unasked)} ${unasked === 1 ? 'was' : 'were'} not verified.`]),
    ...(failed === 0 ? [] : [`${countedRefreshes(failed)} failed.`]),
  ].join(' ');
}

const countedRefreshes = (count: number) => counted(count, 'refresh', 'refreshes');

function showDays(days: readonly Day[]): void {
  const end = axisEnd(Math.max(...days.map(({ paths }) => paths), 0));
  const bars = days.map(({ day, paths, refreshes }) => ({
    value: paths,
    title: `${calendarDay(day)}: ${counted(paths, 'path')} in ${countedRefreshes(refreshes)}`,
  }));
  drawBars(chart('days'), bars, end);
  const total = days.reduce((sum, { paths }) => sum + paths, 0);
  label('days', 'top', end.toLocaleString('en'));
  label('days', 'from', days.length > 1 ? calendarDay(days[0]?.day ?? '') : '');
  label('days', 'to', calendarDay(days.at(-1)?.day ?? ''));
  label('days', 'summary', `${counted(total, 'path')} in ${counted(days.length, 'day')} (UTC).`);
  element('days-rows', HTMLTableSectionElement).replaceChildren(
    ...days
      .filter(({ refreshes }) => refreshes > 0)
      .map(dayRow)
      .reverse(),
  );
}

function dayRow({ day, refreshes, paths, costUsd }: Day): HTMLElement {
  const row = fromTemplate('day-row');
  writeField(row, 'day', calendarDay(day));
  writeField(row, 'refreshes', refreshes.toLocaleString('en'));
  writeField(row, 'paths', paths.toLocaleString('en'));
  writeField(row, 'cost', dollars(costUsd));
  return row;
}

function chart(name: 'times' | 'days'): SVGElement {
  const svg = document.querySelector(`#${name}-chart`);
  if (!(svg instanceof SVGElement)) throw new Error(`The page has no chart of ${name}.`);
  return svg;
}

function label(name: 'times' | 'days', part: 'top' | 'from' | 'to' | 'summary', text: string): void {
  write(element(`${name}-${part}`, HTMLElement), text);
}
