/// <reference lib="dom" />
import { attempt } from '../api/attempt.ts';
import { ApiFailure } from '../api/call.ts';
import { element, fromTemplate, setBusy, write, writeField } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { counted, dateAndTime, elapsed, fileSize } from '../page/wording.ts';
import { type Backup, listBackups, type StartedBackup, startBackup } from './student-api.ts';

/** A function runs for at most 15 minutes: a backup without a manifest by then has failed. */
const CHECKS = 90;
const CHECK_EVERY_MS = 10_000;
const FIRST_CHECK_MS = 2000;

/** The Backup button and the list of earlier backups, which is loaded when it is opened. */
export class BackupDesk {
  readonly #notice = new Notice('backup-notice');
  readonly #button = element('backup', HTMLButtonElement);
  readonly #earlier = element('earlier-backups', HTMLDetailsElement);
  #isRunning: boolean = false;

  constructor() {
    this.#button.addEventListener('click', () => void this.#backUp());
    this.#earlier.addEventListener('toggle', () => {
      if (this.#earlier.open) void this.#showEarlier();
    });
    this.#button.disabled = false;
  }

  /** True while this page waits for a backup. */
  get isInUse(): boolean {
    return this.#isRunning;
  }

  async #backUp(): Promise<void> {
    if (this.#isRunning) return;
    this.#showRunning(true);
    this.#notice.show('waiting', 'Backing up all students …');
    try {
      const started = await attempt(startBackup, { notice: this.#notice, again: () => void this.#backUp() });
      if (started) await this.#follow(started);
    } finally {
      this.#showRunning(false);
    }
  }

  async #follow(started: StartedBackup): Promise<void> {
    if ('count' in started) {
      this.#sayDone(started);
    } else {
      this.#notice.show('waiting', 'The backup takes a while. This page shows when it is done.');
      const finished = await finishedBackup(started.key);
      if (finished) this.#sayDone(finished);
      else this.#notice.show('trouble', 'The backup has not finished. A mail gives the reason.');
    }
    if (this.#earlier.open) await this.#showEarlier();
    else this.#earlier.open = true;
  }

  #sayDone({ count, startedAt, finishedAt }: Omit<Backup, 'bytes'>): void {
    const took = elapsed(Date.parse(finishedAt) - Date.parse(startedAt));
    this.#notice.show('good', `Backup done: ${counted(count, 'student')} in ${took}.`);
  }

  async #showEarlier(): Promise<void> {
    const list = element('backup-list', HTMLElement);
    list.setAttribute('aria-busy', 'true');
    const backups = await attempt(listBackups, {
      notice: this.#notice,
      again: () => void this.#showEarlier(),
    });
    list.setAttribute('aria-busy', 'false');
    if (!backups) return;
    list.replaceChildren(...backups.map(rowOf));
    const empty = backups.length === 0 ? 'No backup yet.' : '';
    write(element('backups-empty', HTMLParagraphElement), empty);
  }

  #showRunning(running: boolean): void {
    this.#isRunning = running;
    setBusy(this.#button, running);
    element('backup-progress', HTMLElement).hidden = !running;
  }
}

/**
 * Checks until the backup has its manifest. A check that fails counts as one that found nothing.
 */
async function finishedBackup(key: string): Promise<Backup | undefined> {
  for (let check = 1; check <= CHECKS; check += 1) {
    await new Promise(resolve => setTimeout(resolve, check === 1 ? FIRST_CHECK_MS : CHECK_EVERY_MS));
    const backups = await listBackups().catch(ignoreApiFailure);
    const backup = backups?.find(candidate => candidate.key === key);
    if (backup) return backup;
  }
  return undefined;
}

function ignoreApiFailure(failure: unknown): undefined {
  if (!(failure instanceof ApiFailure)) throw failure;
}

function rowOf({ key, count, bytes, sha256, finishedAt }: Backup): HTMLElement {
  const row = fromTemplate('backup-row');
  writeField(row, 'finished', dateAndTime(new Date(finishedAt))).setAttribute('datetime', finishedAt);
  writeField(row, 'count', counted(count, 'student'));
  writeField(row, 'bytes', fileSize(bytes));
  writeField(row, 'key', key);
  writeField(row, 'sha256', sha256);
  return row;
}
