/// <reference lib="dom" />
import { element, fromTemplate, write, writeField } from '../page/dom.ts';
import { dateAndTime, edgeMeaning, timeAgo, timeOfDay } from '../page/wording.ts';
import type { ServedFile } from './served-file.ts';

/** The pause between two checks of a page that is being looked at. */
export const CHECK_EVERY_MS = 5000;

export type FileState = 'checking' | 'fresh' | 'updated' | 'waiting' | 'trouble';

/** One row: what the edge last told about a file, and what that means for this page. */
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
  waiting: 'Newer one on its way',
  trouble: 'No answer',
};

const SUMMARY: Readonly<Record<FileState, string>> = {
  checking: 'Checking',
  fresh: 'Yes, everything is fresh',
  updated: 'Yes, updated just now',
  waiting: 'A newer one is on its way',
  trouble: 'Not known right now',
};

/** The summary is as good as the worst row. */
const WORST_FIRST: readonly FileState[] = ['trouble', 'waiting', 'checking', 'updated', 'fresh'];

const SHORT_VERSION_LENGTH = 8;

/** Shows rows, the summary above them and, if something is wrong, what it is. Everything shown is text. */
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

/** Names the moment of the last answer and starts the line that runs towards the next check. */
export function showChecked(now: Date): void {
  write(
    element('checked', HTMLElement),
    `Last compared at ${timeOfDay(now)}, and every five seconds while you look.`,
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
