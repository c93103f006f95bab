/// <reference lib="dom" />
import { element, fromTemplate, write, writeField } from '../page/dom.ts';
import { dateAndTime, edgeMeaning, timeAgo, timeOfDay } from '../page/wording.ts';
import type { ServedFile } from './served-file.ts';

/** Milliseconds between two checks while the page is visible. */
export const CHECK_EVERY_MS = 5000;

export type FileState = 'checking' | 'fresh' | 'updated' | 'waiting' | 'trouble';

/** One row: the edge's last answer about a file, and what it means for this page. */
export interface FileRow {
  readonly name: string;
  readonly role: string;
  readonly state: FileState;
  readonly served: ServedFile | undefined;
}

const STATUS: Readonly<Record<FileState, string>> = {
  checking: 'Checking',
  fresh: 'Fresh',
  updated: 'Updated just now',
  waiting: 'Newer version coming',
  trouble: 'No answer',
};

const SUMMARY: Readonly<Record<FileState, string>> = {
  checking: 'Checking',
  fresh: 'Yes, everything is fresh',
  updated: 'Yes, updated just now',
  waiting: 'A newer version is coming',
  trouble: 'Unknown right now',
};

/** The summary shows the worst state of all rows. */
const WORST_FIRST: readonly FileState[] = ['trouble', 'waiting', 'checking', 'updated', 'fresh'];

const SHORT_VERSION_LENGTH = 8;

/** Shows the rows, the summary above them, and what is wrong, if anything. */
export function showFreshness(rows: readonly FileRow[], trouble: string | undefined): void {
  for (const row of rows) showRow(row);

  const state = WORST_FIRST.find(candidate => rows.some(row => row.state === candidate)) ?? 'checking';
  const summary = element('summary', HTMLElement);
  summary.hidden = false;
  summary.dataset['state'] = state;
  write(summary, SUMMARY[state]);

  element('trouble', HTMLElement).hidden = trouble === undefined;
  write(element('trouble', HTMLElement), trouble ?? '');
}

/** Shows when the edge last answered and starts the countdown line to the next check. */
export function showChecked(now: Date): void {
  write(
    element('checked', HTMLElement),
    `Last compared at ${timeOfDay(now)}, and every five seconds while this page is visible.`,
  );
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  element('countdown', HTMLElement).animate(
    [{ transform: 'scaleX(0)' }, { transform: 'scaleX(1)' }],
    CHECK_EVERY_MS,
  );
}

function showRow({ name, role, state, served }: FileRow): void {
  const row = document.getElementById(rowId(name)) ?? addRow(name);
  const show = (field: string, text: string) => writeField(row, field, text);

  row.dataset['state'] = state;
  show('name', name);
  show('role', role);
  show('status', STATUS[state]).setAttribute('data-state', state);
  show('version', served?.version.slice(0, SHORT_VERSION_LENGTH) ?? '–');
  show('edge', served ? (served.edge ?? 'No edge') : '–');
  show('edgeMeaning', served ? edgeMeaning(served.edge, served.keptSeconds) : '');

  const published = served?.publishedAt;
  show('publishedExactly', published ? dateAndTime(published) : '');
  const time = show('published', published ? timeAgo(published, new Date()) : '–');
  if (published) time.setAttribute('datetime', published.toISOString());
}

function addRow(name: string): HTMLElement {
  const row = fromTemplate('file-row');
  row.id = rowId(name);
  element('files', HTMLElement).append(row);
  return row;
}

function rowId(name: string): string {
  return `file-${name}`;
}
