/// <reference lib="dom" />

import type { RefreshDetails } from '../../shared/refresh/api-contract.ts';
import { HISTORY_DAYS } from '../../shared/refresh/refresh.ts';
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

/** All about one refresh: what asked for it, what CloudFront was told and why, what was verified, what failed. */
export class DetailsView {
  readonly #changes = new LongList<Change>('changes', changeRow);
  readonly #requested = new LongList<string>('requested', codeRow);
  readonly #paths = new LongList<Path>('paths-sent', pathRow);
  readonly #urls = new LongList<string>('urls', codeRow);
  #id: string | undefined;
  #shown: RefreshDetails | undefined;
  #isMissing: boolean = false;

  /** @param refreshAgain is given the paths of a failed refresh */
  constructor(refreshAgain: (paths: readonly string[]) => void) {
    element('refresh-again', HTMLButtonElement).addEventListener('click', () => {
      if (this.#shown) refreshAgain(pathsOf(this.#shown));
    });
  }

  /** The refresh on view. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Of the refresh on view; undefined once there is nothing left to wait for. */
  get runningForMs(): number | undefined {
    if (this.#shown === undefined) return this.#isMissing ? undefined : 0;
    return isRunning(this.#shown) ? tookMs(this.#shown) : undefined;
  }

  /** Shows this refresh as soon as it is read; undefined for none. */
  open(id: string | undefined): void {
    element('details', HTMLElement).hidden = id === undefined;
    if (id === this.#id) return;
    this.#id = id;
    this.#shown = undefined;
    this.#isMissing = false;
    for (const list of [this.#changes, this.#requested, this.#paths, this.#urls]) list.clear();
    if (id === undefined) return;
    this.#showNothing('Loading …', `Refresh ${id}`);
    element('details', HTMLElement).setAttribute('aria-busy', 'true');
    element('details-title', HTMLHeadingElement).focus();
  }

  /** Asks for the refresh on view, until it has ended. */
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
    section('urls', verification ? 1 : 0, verification ? verifiedWords(verification) : '');
  }

  /** Says that the refresh could not be loaded so far. */
  giveUpWaiting(): void {
    if (this.#shown !== undefined) return;
    element('details', HTMLElement).setAttribute('aria-busy', 'false');
    write(element('details-title', HTMLHeadingElement), 'Not loaded yet');
  }

  #showMissing(id: string): void {
    this.#isMissing = true;
    this.#showNothing(
      'There is no such refresh',
      `${id} is not in the history, which goes back ${HISTORY_DAYS} days.`,
    );
    announce('There is no such refresh.');
  }

  #showNothing(title: string, text: string): void {
    write(element('details-title', HTMLHeadingElement), title);
    write(element('details-doing', HTMLElement), text);
    element('details-state', HTMLElement).hidden = true;
    element('details-timeline', HTMLOListElement).replaceChildren();
    delete element('details-timeline', HTMLOListElement).dataset['shown'];
    element('details-facts', HTMLElement).replaceChildren();
    showFailure(undefined);
    for (const name of ['changes', 'requested', 'paths-sent', 'urls'] as const) section(name, 0, '');
  }
}

/** @throws whatever else failed */
function undefinedIfMissing(failure: unknown): undefined {
  if (!(failure instanceof ApiRefused && failure.status === 404)) throw failure;
}

function titleOf(refresh: RefreshDetails): string {
  const cause = causeOf(refresh);
  if (isRunning(refresh)) return cause;
  return refresh.state === 'fresh' ? `${cause}, fresh` : `${cause}, not refreshed`;
}

function showFailure(failure: string | undefined): void {
  const box = element('failure', HTMLElement);
  box.hidden = failure === undefined;
  writeField(box, 'reason', failure === undefined ? '' : reasonOf(failure));
  writeField(box, 'advice', failure === undefined ? '' : adviceOn(failure));
}

/** What the console tells of an invalidation, and what it does not. */
function showFacts(refresh: RefreshDetails): void {
  const { invalidation, invalidationId, pathCount, needlessPurges, costUsd } = refresh;
  const sinceUpload = uploadToEndMs(refresh);
  const facts = [
    ['Refresh', refresh.id],
    ['Began', dateAndTime(new Date(refresh.startedAt))],
    ['From the last upload to the end', sinceUpload === undefined ? '' : elapsed(sinceUpload)],
    ['Invalidation', invalidationId ?? ''],
    ['CloudFront says', invalidationWords(refresh)],
    ['Created', invalidation ? dateAndTime(new Date(invalidation.createTime)) : ''],
    ['Paths', pathCount === 0 ? '' : pathCount.toLocaleString('en')],
    ['Needless purges', pathCount === 0 ? '' : needlessPurges.toLocaleString('en')],
    ['Cost', pathCount === 0 ? '' : dollars(costUsd)],
    ['Needed no path', skippedWords(refresh.skipped)],
    ['Tried again', retryWords(refresh)],
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

function section(name: 'changes' | 'requested' | 'paths-sent' | 'urls', count: number, words: string): void {
  element(`${name}-section`, HTMLElement).hidden = count === 0;
  write(element(`${name}-count`, HTMLElement), words);
}

function listedWords(listed: number, all: number, noun: string): string {
  return listed < all ? `${counted(all, noun)}, of which ${listed} are listed` : counted(all, noun);
}

function verifiedWords({ verified, superseded, urls }: NonNullable<RefreshDetails['verification']>): string {
  const served = `${counted(verified, 'address', 'addresses')} served as the bucket holds them`;
  const later =
    superseded === 0 ? '' : `; ${superseded} changed again meanwhile, which the next refresh verifies`;
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
    requestedPaths.length === 0 ? '' : `Asked for by hand: ${requestedPaths.join(' ')}`,
  );
  writeField(row, 'needlessPurges', needlessPurges.toLocaleString('en'));
  return row;
}

/** What to ask for to make up for a failed refresh: its plan, or everything where there is none or its end is not known. */
function pathsOf({ paths, pathCount }: RefreshDetails): readonly string[] {
  return pathCount === 0 || pathCount > paths.length ? ['/*'] : paths.map(({ path }) => path);
}
