/// <reference lib="dom" />

import type { RefreshSummary } from '../../shared/refresh/api-contract.ts';
import { element, fromTemplate, writeField } from '../page/dom.ts';
import { counted, dateAndTime, dollars, elapsed, timeAgo } from '../page/wording.ts';
import {
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

/** The rows of the history. A row is updated in place, so it keeps the focus. */
export class HistoryTable {
  readonly #table = element('history-table', HTMLTableElement);
  readonly #body = element('history-rows', HTMLTableSectionElement);
  readonly #rows = new Map<string, HTMLElement>();

  show(refreshes: readonly RefreshSummary[]): void {
    const rows = refreshes.map(refresh => {
      const row = this.#rows.get(refresh.id) ?? rowOf(refresh);
      this.#rows.set(refresh.id, row);
      fill(row, refresh);
      return row;
    });
    rows.forEach((row, index) => {
      if (this.#body.children[index] !== row)
        this.#body.insertBefore(row, this.#body.children[index] ?? null);
    });
    for (const surplus of [...this.#body.children].slice(rows.length)) surplus.remove();
    this.#table.hidden = rows.length === 0;
  }

  /** @returns false if this refresh is not in the table */
  focus(id: string): boolean {
    const link = this.#rows.get(id)?.querySelector('a');
    link?.focus();
    return link !== undefined && link !== null;
  }
}

function rowOf({ id }: RefreshSummary): HTMLElement {
  const row = fromTemplate('history-row');
  row.querySelector('a')?.setAttribute('href', `#${id}`);
  return row;
}

function fill(row: HTMLElement, refresh: RefreshSummary): void {
  const startedAt = new Date(refresh.startedAt);
  writeField(row, 'state', STATE_WORDS[refresh.state]).dataset['state'] = toneOf(refresh);
  writeField(row, 'started', dateAndTime(startedAt)).setAttribute('datetime', refresh.startedAt);
  writeField(row, 'ago', timeAgo(startedAt, new Date()));
  writeField(row, 'cause', causeOf(refresh));
  writeField(row, 'note', noteOn(refresh));
  writeField(row, 'paths', refresh.pathCount.toLocaleString('en'));
  writeField(row, 'needlessPurges', needlessPurgesWords(refresh));
  writeField(row, 'invalidation', refresh.invalidationId ?? '');
  writeField(row, 'status', invalidationWords(refresh));
  writeField(row, 'took', isRunning(refresh) ? 'Running' : elapsed(tookMs(refresh)));
  writeField(row, 'cost', dollars(refresh.costUsd));
}

/** The one thing worth seeing at a glance. */
function noteOn(refresh: RefreshSummary): string {
  if (refresh.failure !== undefined) return reasonOf(refresh.failure);
  if (refresh.unasked !== undefined) return refresh.unasked.reason;
  if (isRunning(refresh)) return doingWords(refresh);
  const skipped = skippedWords(refresh.skipped);
  return retryWords(refresh) || (skipped === '' ? '' : `Skipped: ${skipped}`);
}

function needlessPurgesWords({ needlessPurges, isEstimated }: RefreshSummary): string {
  const about = isEstimated ? 'about ' : '';
  return needlessPurges === 0 ? '' : `${about}${counted(needlessPurges, 'needless purge')}`;
}
