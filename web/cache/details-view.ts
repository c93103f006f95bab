/// <reference lib="dom" />

import { capWords } from '../../shared/planning/cap.ts';
import { guardWords } from '../../shared/planning/guard.ts';
import type { RefreshDetails } from '../../shared/refresh/api-contract.ts';
import { errorPageWords } from '../../shared/refresh/kept-error-pages.ts';
import { HISTORY_DAYS } from '../../shared/refresh/refresh.ts';
import { adviceOnUnasked } from '../../shared/refresh/unasked-advice.ts';
import { ApiRefused } from '../api/call.ts';
import { announce } from '../page/announce.ts';
import { element, fromTemplate, write, writeField } from '../page/dom.ts';
import { LongList } from '../page/long-list.ts';
import { counted, dateAndTime, dollars, elapsed } from '../page/wording.ts';
import { readRefresh } from './refresh-api.ts';
import {
  adviceOn,
  causeOf,
  doingWords,
  invalidationWords,
  isRunning,
  reasonOf,
  retryWords,
  STATE_WORDS,
  skippedWords,
  toneOf,
  tookMs,
} from './refresh-words.ts';
import { milestonesOf, uploadToEndMs } from './timeline.ts';
import { showTimeline } from './timeline-list.ts';

type Change = RefreshDetails['changes'][number];
type Path = RefreshDetails['paths'][number];

/** One refresh in detail: its cause, the paths sent and why, what was verified, what failed. */
export class DetailsView {
  readonly #changes = new LongList<Change>('changes', changeRow);
  readonly #requested = new LongList<string>('requested', codeRow);
  readonly #paths = new LongList<Path>('paths-sent', pathRow);
  readonly #urls = new LongList<string>('urls', codeRow);
  readonly #unaskedUrls = new LongList<string>('unasked-urls', codeRow);
  #id: string | undefined;
  #shown: RefreshDetails | undefined;
  #isMissing: boolean = false;

  /** @param refreshAgain called with the paths of a failed refresh */
  constructor(refreshAgain: (paths: readonly string[]) => void) {
    element('refresh-again', HTMLButtonElement).addEventListener('click', () => {
      if (this.#shown) refreshAgain(pathsOf(this.#shown));
    });
  }

  /** The refresh shown, if any. */
  get id(): string | undefined {
    return this.#id;
  }

  /**
   * How long the refresh shown has been running; undefined once there is nothing left to wait for.
   */
  get runningForMs(): number | undefined {
    if (this.#shown === undefined) return this.#isMissing ? undefined : 0;
    return isRunning(this.#shown) ? tookMs(this.#shown) : undefined;
  }

  /** Shows this refresh once it is loaded; undefined closes the view. */
  open(id: string | undefined): void {
    element('details', HTMLElement).hidden = id === undefined;
    if (id === this.#id) return;
    this.#id = id;
    this.#shown = undefined;
    this.#isMissing = false;
    const lists = [this.#changes, this.#requested, this.#paths, this.#urls, this.#unaskedUrls];
    for (const list of lists) list.clear();
    if (id === undefined) return;
    this.#showNothing('Loading …', `Refresh ${id}`);
    element('details', HTMLElement).setAttribute('aria-busy', 'true');
    element('details-title', HTMLHeadingElement).focus();
  }

  /** Reloads the refresh shown, until it has ended. */
  async check(): Promise<void> {
    const id = this.#id;
    if (id === undefined || this.runningForMs === undefined) return;
    const refresh = await readRefresh(id).catch(undefinedIfMissing);
    if (id !== this.#id) return;
    element('details', HTMLElement).setAttribute('aria-busy', 'false');
    if (refresh) this.#show(refresh);
    else this.#showMissing(id);
  }

  #show(refresh: RefreshDetails): void {
    const before = this.#shown;
    this.#shown = refresh;
    const title = titleOf(refresh);
    write(element('details-title', HTMLHeadingElement), title);
    write(element('details-doing', HTMLElement), doingWords(refresh));
    const badge = element('details-state', HTMLElement);
    badge.hidden = false;
    badge.dataset['state'] = toneOf(refresh);
    write(badge, STATE_WORDS[refresh.state]);
    showFailure(refresh.failure);
    showUnasked(refresh.unasked);
    showTimeline(element('details-timeline', HTMLOListElement), milestonesOf(refresh));
    showFacts(refresh);
    this.#showLists(refresh);
    if (before === undefined) announce(`${title}. ${doingWords(refresh)}.`);
    else if (before.state !== refresh.state)
      announce(`${isRunning(refresh) ? '' : `${title}. `}${doingWords(refresh)}.`);
  }

  #showLists(refresh: RefreshDetails): void {
    const { changes, requestedPaths, paths, verification, pathCount } = refresh;
    const urls = verification?.urls.toSorted() ?? [];
    this.#changes.show(changes);
    this.#requested.show(requestedPaths);
    this.#paths.show(paths);
    this.#urls.show(urls);
    this.#unaskedUrls.show(verification?.unasked?.urls ?? []);
    section(
      'changes',
      changes.length,
      listedWords(changes.length, refresh.changeCount ?? changes.length, 'file'),
    );
    section(
      'requested',
      requestedPaths.length,
      listedWords(requestedPaths.length, refresh.requestedPathCount ?? requestedPaths.length, 'path'),
    );
    section('paths-sent', paths.length, listedWords(paths.length, pathCount, 'path'));
    this.#showVerified(verification);
  }

  /** Where no URL could be asked for, only the list of those is shown. */
  #showVerified(verification: RefreshDetails['verification']): void {
    const { verified = 0, superseded = 0, unasked } = verification ?? {};
    const isShown = verification !== undefined && (unasked === undefined || verified + superseded > 0);
    section('urls', isShown ? 1 : 0, isShown ? verifiedWords(verification) : '');
    const { count = 0, urls = [] } = unasked ?? {};
    section('unasked-urls', urls.length, listedWords(urls.length, count, 'URL'));
  }

  /** Shows that nothing could be loaded yet. */
  giveUpWaiting(): void {
    if (this.#shown !== undefined) return;
    element('details', HTMLElement).setAttribute('aria-busy', 'false');
    write(element('details-title', HTMLHeadingElement), 'Not loaded yet');
  }

  #showMissing(id: string): void {
    this.#isMissing = true;
    this.#showNothing(
      'No such refresh',
      `${id} is not in the history, which goes back ${HISTORY_DAYS} days.`,
    );
    announce('No such refresh.');
  }

  #showNothing(title: string, text: string): void {
    write(element('details-title', HTMLHeadingElement), title);
    write(element('details-doing', HTMLElement), text);
    element('details-state', HTMLElement).hidden = true;
    element('details-timeline', HTMLOListElement).replaceChildren();
    delete element('details-timeline', HTMLOListElement).dataset['shown'];
    element('details-facts', HTMLElement).replaceChildren();
    showFailure(undefined);
    showUnasked(undefined);
    for (const name of SECTIONS) section(name, 0, '');
  }
}

/** @throws whatever else failed */
function undefinedIfMissing(failure: unknown): undefined {
  if (!(failure instanceof ApiRefused && failure.status === 404)) throw failure;
}

function titleOf(refresh: RefreshDetails): string {
  const cause = causeOf(refresh);
  if (isRunning(refresh)) return cause;
  if (refresh.state === 'unasked') return `${cause}, not verified`;
  return refresh.state === 'fresh' ? `${cause}, fresh` : `${cause}, not refreshed`;
}

function showFailure(failure: string | undefined): void {
  const box = element('failure', HTMLElement);
  box.hidden = failure === undefined;
  writeField(box, 'reason', failure === undefined ? '' : reasonOf(failure));
  writeField(box, 'advice', failure === undefined ? '' : adviceOn(failure));
}

function showUnasked(unasked: RefreshDetails['unasked']): void {
  const box = element('unasked', HTMLElement);
  box.hidden = unasked === undefined;
  writeField(box, 'reason', unasked?.reason ?? '');
  const advice = unasked === undefined ? '' : adviceOnUnasked(unasked.code);
  writeField(box, 'advice', '').replaceChildren(...withCode(advice));
}

/** Marks what is in backquotes as code. */
function withCode(text: string): (string | HTMLElement)[] {
  return text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
}

/** What the AWS console shows about an invalidation, and more. */
function showFacts(refresh: RefreshDetails): void {
  const { invalidation, invalidationId, pathCount, needlessPurges, guard, cap, errorPages, costUsd } =
    refresh;
  const about = refresh.isEstimated ? 'about ' : '';
  const sinceUpload = uploadToEndMs(refresh);
  const facts = [
    ['Refresh', refresh.id],
    ['Started', dateAndTime(new Date(refresh.startedAt))],
    ['Last upload to end', sinceUpload === undefined ? '' : elapsed(sinceUpload)],
    ['Invalidation', invalidationId ?? ''],
    ['Status in CloudFront', invalidationWords(refresh)],
    ['Created', invalidation ? dateAndTime(new Date(invalidation.createTime)) : ''],
    ['Paths', pathCount === 0 ? '' : pathCount.toLocaleString('en')],
    ['Needless purges', pathCount === 0 ? '' : `${about}${needlessPurges.toLocaleString('en')}`],
    ['Limit on needless purges', guard === undefined ? '' : guardWords(guard)],
    ['Limit on paths', cap === undefined ? '' : capWords(cap)],
    ['Error pages', errorPages === undefined ? '' : errorPageWords(errorPages)],
    ['Cost', pathCount === 0 ? '' : dollars(costUsd)],
    ['Skipped', skippedWords(refresh.skipped)],
    ['Retries', retryWords(refresh)],
  ] as const;
  const list = element('details-facts', HTMLElement);
  const rows = facts.filter(([, value]) => value !== '').map(([name, value]) => factRow(name, value));
  if (rows.map(textOf).join() !== [...list.children].map(textOf).join()) list.replaceChildren(...rows);
}

function textOf({ textContent }: Element): string {
  return textContent;
}

function factRow(name: string, value: string): HTMLElement {
  const row = fromTemplate('fact-row');
  writeField(row, 'name', name);
  writeField(row, 'value', value);
  return row;
}

const SECTIONS = ['changes', 'requested', 'paths-sent', 'urls', 'unasked-urls'] as const;

function section(name: (typeof SECTIONS)[number], count: number, words: string): void {
  element(`${name}-section`, HTMLElement).hidden = count === 0;
  write(element(`${name}-count`, HTMLElement), words);
}

function listedWords(listed: number, all: number, noun: string): string {
  return listed < all ? `${counted(all, noun)}; the first ${listed} are listed` : counted(all, noun);
}

function verifiedWords({ verified, superseded, urls }: NonNullable<RefreshDetails['verification']>): string {
  const served = `${counted(verified, 'URL')} verified against the bucket`;
  const later = superseded === 0 ? '' : `; ${superseded} changed again, and the next refresh verifies them`;
  return `${served}${later}.${urls.length < verified ? ` ${urls.length} are listed.` : ''}`;
}

function changeRow({ key, removed, eventTime }: Change): HTMLElement {
  const row = fromTemplate('change-row');
  writeField(row, 'key', key);
  writeField(row, 'removed', removed ? 'removed' : '');
  writeField(row, 'time', dateAndTime(new Date(eventTime))).setAttribute('datetime', eventTime);
  return row;
}

function codeRow(text: string): HTMLElement {
  const row = fromTemplate('code-row');
  writeField(row, 'text', text);
  return row;
}

function pathRow({ path, keys, keyCount, requestedPaths, needlessPurges }: Path): HTMLElement {
  const row = fromTemplate('path-row');
  writeField(row, 'path', path);
  writeField(row, 'files', keyCount === 0 ? '' : counted(keyCount, 'file'));
  writeField(row, 'keys', keyCount > keys.length ? `${keys.join('\n')}\n…` : keys.join('\n'));
  writeField(
    row,
    'requested',
    requestedPaths.length === 0 ? '' : `Requested by hand: ${requestedPaths.join(' ')}`,
  );
  writeField(row, 'needlessPurges', needlessPurges.toLocaleString('en'));
  return row;
}

/** The paths that repair a failed refresh: its plan, or everything if there is no complete plan. */
function pathsOf({ paths, pathCount }: RefreshDetails): readonly string[] {
  return pathCount === 0 || pathCount > paths.length ? ['/*'] : paths.map(({ path }) => path);
}
