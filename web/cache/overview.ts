/// <reference lib="dom" />
import type {
  MonthUse,
  PauseNotice,
  RefreshDetails,
  RefreshList,
  RefreshSummary,
} from '../../shared/refresh/api-contract.ts';
import { attempt } from '../api/attempt.ts';
import { announce } from '../page/announce.ts';
import { element, fromTemplate, setBusy, write, writeField } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { counted, dateAndTime, dollars, elapsed, isolated, monthName, timeAgo } from '../page/wording.ts';
import { showCharts } from './charts.ts';
import { type LoadedHistory, NOTHING_LOADED, newsOf, withNewest, withOlder } from './history.ts';
import { HistoryTable } from './history-table.ts';
import { listRefreshes, readRefresh } from './refresh-api.ts';
import { RefreshForm } from './refresh-form.ts';
import { causeOf, doingWords, isRunning, STATE_WORDS, type toneOf, tookMs } from './refresh-words.ts';
import { milestonesOf } from './timeline.ts';
import { showTimeline } from './timeline-list.ts';

/**
 * Uploads in quick succession run several refreshes at once. Beyond this number they appear only in
 * the history.
 */
const MAX_RUNNING_SHOWN = 3;

/**
 * What is running, the month's paths, the form and the history: everything but one refresh's
 * details.
 */
export class Overview {
  readonly form: RefreshForm;
  readonly #notice = new Notice('history-notice');
  readonly #table = new HistoryTable();
  readonly #older = element('older', HTMLButtonElement);
  #history: LoadedHistory | undefined;
  #isLoadingOlder: boolean = false;

  /** @param follow called with the refresh that took the paths requested by hand */
  constructor(follow: (refreshId: string) => void) {
    this.form = new RefreshForm(follow);
    this.#older.addEventListener('click', () => void this.#showOlder());
  }

  /** How long the newest running refresh has been running; undefined if none is known to run. */
  get runningForMs(): number | undefined {
    const youngest = this.#history?.refreshes.find(isRunning);
    return youngest && tookMs(youngest);
  }

  set hidden(hidden: boolean) {
    element('overview', HTMLElement).hidden = hidden;
  }

  /** Loads the newest page, and the details of running refreshes. */
  async check(): Promise<void> {
    const page = await listRefreshes();
    const running = page.refreshes.filter(isRunning).slice(0, MAX_RUNNING_SHOWN);
    const details = await Promise.all(running.map(({ id }) => readRefresh(id)));
    const news = this.#history === undefined ? [] : newsOf(this.#history, page);
    this.#history = withNewest(this.#history ?? NOTHING_LOADED, page);
    this.#showNow(page, details);
    this.#showHistory(this.#history);
    showMonth(page.month);
    this.form.showMonth(page.month);
    if (news.length > 0) announce(news.join(' '));
  }

  /** Shows that nothing could be loaded yet. */
  giveUpWaiting(): void {
    if (this.#history !== undefined) return;
    element('history', HTMLElement).setAttribute('aria-busy', 'false');
    write(element('history-count', HTMLElement), 'Not loaded yet');
  }

  /** Focuses a refresh in the history, after its details were closed. */
  focus(refreshId: string): void {
    if (!this.#table.focus(refreshId)) element('history-title', HTMLHeadingElement).focus();
  }

  #showNow({ refreshes, pause }: RefreshList, running: readonly RefreshDetails[]): void {
    const newest = refreshes.find(refresh => !isRunning(refresh));
    const summary = element('summary', HTMLElement);
    const [state, words] = pause === undefined ? stateOf(running.length, refreshes) : PAUSED;
    showPause(pause);
    summary.hidden = false;
    summary.dataset['state'] = state;
    write(summary, words);

    const list = element('running', HTMLElement);
    const cards = running.map(refresh => this.#cardOf(refresh));
    const isSame =
      cards.length === list.children.length && cards.every((card, at) => list.children[at] === card);
    if (!isSame) list.replaceChildren(...cards);
    list.hidden = cards.length === 0;
    showLast(newest);
  }

  #cardOf(refresh: RefreshDetails): HTMLElement {
    const card = document.getElementById(`running-${refresh.id}`) ?? fromTemplate('running-refresh');
    card.id = `running-${refresh.id}`;
    writeField(card, 'cause', namedCauseOf(refresh)).setAttribute('href', `#${refresh.id}`);
    writeField(card, 'doing', doingWords(refresh));
    const list = card.querySelector('ol');
    if (list) showTimeline(list, milestonesOf(refresh));
    return card;
  }

  #showHistory(history: LoadedHistory): void {
    const { refreshes, next } = history;
    element('history', HTMLElement).setAttribute('aria-busy', 'false');
    element('history-empty', HTMLElement).hidden = refreshes.length > 0;
    write(element('history-count', HTMLElement), countWords(history));
    this.#table.show(refreshes);
    this.#older.hidden = next === undefined;
    showCharts(refreshes);
  }

  async #showOlder(): Promise<void> {
    const token = this.#history?.next;
    if (this.#isLoadingOlder || token === undefined) return;
    this.#showLoadingOlder(true);
    const page = await attempt(() => listRefreshes(token), {
      notice: this.#notice,
      again: () => void this.#showOlder(),
    });
    this.#showLoadingOlder(false);
    if (!page || this.#history?.next !== token) return;
    this.#notice.hide();
    const isLast = page.next === undefined;
    this.#history = withOlder(this.#history, page);
    this.#showHistory(this.#history);
    announce(`${countWords(this.#history)}.`);
    const [first] = page.refreshes;
    if (isLast && first) this.focus(first.id);
  }

  #showLoadingOlder(loading: boolean): void {
    this.#isLoadingOlder = loading;
    setBusy(this.#older, loading);
    element('history', HTMLElement).setAttribute('aria-busy', String(loading));
  }
}

const PAUSED = ['unasked', 'Refreshes are paused'] as const;

function showPause(pause: PauseNotice | undefined): void {
  const notice = element('paused', HTMLElement);
  notice.hidden = pause === undefined;
  if (pause === undefined) return;
  const { since, by, reason } = pause;
  const why = reason === undefined ? '' : ` (${isolated(reason)})`;
  write(
    notice,
    `Paused since ${dateAndTime(new Date(since))} by ${isolated(by)}${why}. Uploads are kept until somebody resumes; then one refresh takes them all.`,
  );
}

function stateOf(
  running: number,
  refreshes: readonly RefreshSummary[],
): [state: ReturnType<typeof toneOf>, words: string] {
  if (running > 0)
    return ['running', running === 1 ? 'A refresh is running' : `${running} refreshes are running`];
  const [newest, ...earlier] = refreshes.filter(refresh => !isRunning(refresh));
  if (newest === undefined) return ['fresh', 'Nothing to refresh yet'];
  if (newest.state === 'failed') return ['trouble', 'The last refresh failed'];
  if (newest.state === 'unasked') return ['unasked', 'The last refresh was not verified'];
  // The summaries do not tell whether the files of an earlier one were refreshed since.
  const states = new Set(earlier.map(({ state }) => state));
  if (states.has('failed')) return ['fresh', 'The last refresh succeeded, an earlier one failed'];
  if (states.has('unasked')) return ['fresh', 'The last refresh succeeded, an earlier one was not verified'];
  return ['fresh', 'Yes, everything is fresh'];
}

function showLast(newest: RefreshSummary | undefined): void {
  const last = element('last', HTMLElement);
  last.hidden = newest === undefined;
  if (newest === undefined) return;
  const ended = new Date(newest.finishedAt ?? newest.startedAt);
  writeField(last, 'cause', causeOf(newest)).setAttribute('href', `#${newest.id}`);
  const how = newest.state === 'fresh' ? 'fresh in' : `${STATE_WORDS[newest.state].toLowerCase()} after`;
  writeField(last, 'how', `${how} ${elapsed(tookMs(newest))}, ${timeAgo(ended, new Date())}`);
}

function showMonth({ month, paths, freePaths, maxPaths, costUsd }: MonthUse): void {
  element('figures', HTMLElement).hidden = false;
  const used = element('month', HTMLElement);
  writeField(used, 'month', `${monthName(month)}'s invalidation paths`);
  writeField(used, 'used', `${paths.toLocaleString('en')} of ${counted(freePaths, 'free path')}`);
  const limit = maxPaths === undefined ? '' : `, limited to ${counted(maxPaths, 'path')}`;
  writeField(used, 'cost', `${dollars(costUsd)} so far${limit}`);
  const share = freePaths === 0 ? 1 : Math.min(1, paths / freePaths);
  used.querySelector('rect')?.setAttribute('width', `${share * 100}%`);
}

/** The file or path itself if there is only one. */
function namedCauseOf(refresh: RefreshDetails): string {
  const [only, ...others] = [...refresh.changes.map(({ key }) => key), ...refresh.requestedPaths];
  return only !== undefined && others.length === 0 ? only : causeOf(refresh);
}

function countWords({ refreshes, next }: LoadedHistory): string {
  if (refreshes.length === 0) return '';
  const words = counted(refreshes.length, 'refresh', 'refreshes');
  return next === undefined ? words : `The newest ${words}`;
}
