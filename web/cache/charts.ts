/// <reference lib="dom" />

import type { RefreshSummary } from '../../shared/refresh/api-contract.ts';
import { element, fromTemplate, write, writeField } from '../page/dom.ts';
import { calendarDay, counted, dateAndTime, dollars, elapsed } from '../page/wording.ts';
import { drawBars } from './bar-chart.ts';
import { axisEnd, type Day, type Ended, endedOf, median, pathsPerDay } from './chart-data.ts';
import { causeOf } from './refresh-words.ts';

/** Draws both charts from the history that has been loaded. */
export function showCharts(refreshes: readonly RefreshSummary[]): void {
  const ended = endedOf(refreshes);
  element('trends', HTMLElement).hidden = ended.length === 0;
  showTimes(ended);
  showDays(pathsPerDay(refreshes));
}

function showTimes(ended: readonly Ended[]): void {
  const fresh = ended.filter(({ refresh }) => refresh.state === 'fresh').map(({ tookMs }) => tookMs);
  const end = axisEnd(Math.max(...ended.map(({ tookMs }) => tookMs / 1000), 0));
  const bars = ended.map(({ refresh, tookMs }) => ({
    value: tookMs / 1000,
    title: `${dateAndTime(new Date(refresh.startedAt))}: ${causeOf(refresh)}, ${refresh.state} after ${elapsed(tookMs)}`,
    ...(refresh.state === 'failed' ? { tone: 'trouble' as const } : {}),
  }));
  drawBars(chart('times'), bars, end);
  label('times', 'top', elapsed(end * 1000));
  label('times', 'from', ended.length > 1 ? 'Oldest' : '');
  label('times', 'to', 'Newest');
  label('times', 'summary', timesWords(fresh, ended.length - fresh.length));
}

function timesWords(fresh: readonly number[], failed: number): string {
  const middle = median(fresh);
  const failedWords = failed === 0 ? '' : ` ${counted(failed, 'refresh', 'refreshes')} failed.`;
  if (middle === undefined) return failedWords.trim();
  return `Of ${counted(fresh.length, 'fresh one')}, half took up to ${elapsed(middle)}, the slowest ${elapsed(Math.max(...fresh))}.${failedWords}`;
}

function showDays(days: readonly Day[]): void {
  const end = axisEnd(Math.max(...days.map(({ paths }) => paths), 0));
  const bars = days.map(({ day, paths, refreshes }) => ({
    value: paths,
    title: `${calendarDay(day)}: ${counted(paths, 'path')} in ${counted(refreshes, 'refresh', 'refreshes')}`,
  }));
  drawBars(chart('days'), bars, end);
  const total = days.reduce((sum, { paths }) => sum + paths, 0);
  label('days', 'top', end.toLocaleString('en'));
  label('days', 'from', days.length > 1 ? calendarDay(days[0]?.day ?? '') : '');
  label('days', 'to', calendarDay(days.at(-1)?.day ?? ''));
  label('days', 'summary', `${counted(total, 'path')} in ${counted(days.length, 'day')}, by the day in UTC.`);
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
