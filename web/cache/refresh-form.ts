/// <reference lib="dom" />

import type { MonthUse } from '../../shared/refresh/api-contract.ts';
import { attempt } from '../api/attempt.ts';
import { confirmed } from '../page/dialogs.ts';
import { element, setBusy, write } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { counted } from '../page/wording.ts';
import { readPaths } from './paths-asked.ts';
import { askForRefresh } from './refresh-api.ts';
import { priceOf } from './refresh-words.ts';

const EVERYTHING = '/*';

/** Refreshing by hand: some paths or everything, with the cost said before it is done. */
export class RefreshForm {
  readonly #notice = new Notice('form-notice');
  readonly #paths = element('paths', HTMLTextAreaElement);
  readonly #problem = element('paths-problem', HTMLParagraphElement);
  readonly #someButton = element('refresh-paths', HTMLButtonElement);
  readonly #allButton = element('refresh-everything', HTMLButtonElement);
  readonly #follow: (refreshId: string) => void;
  #month: MonthUse | undefined;
  #isBusy: boolean = false;

  /** @param follow is told which refresh took the paths */
  constructor(follow: (refreshId: string) => void) {
    this.#follow = follow;
    this.#paths.addEventListener('input', () => this.#check());
    element('refresh-form', HTMLFormElement).addEventListener('submit', event => {
      event.preventDefault();
      void this.#refreshPaths();
    });
    this.#allButton.addEventListener('click', () => void this.#refreshEverything());
  }

  /** Takes what the month's paths amount to. Before it is known nothing can be asked for, as its cost could not be said. */
  showMonth(month: MonthUse): void {
    this.#month = month;
    for (const button of [this.#someButton, this.#allButton]) button.disabled = false;
    this.#check();
  }

  /** Puts paths into the form, for the visitor to change or send. */
  suggest(paths: readonly string[]): void {
    this.#paths.value = paths.join('\n');
    this.#check();
    this.#paths.focus();
  }

  #check(): void {
    const { paths, problem } = readPaths(this.#paths.value);
    this.#showProblem(problem);
    const isReady = problem === undefined && paths.length > 0;
    write(element('paths-price', HTMLElement), isReady ? this.#costOf(paths) : '');
  }

  #showProblem(problem: string | undefined): void {
    this.#problem.hidden = problem === undefined;
    write(this.#problem, problem ?? '');
    this.#paths.setAttribute('aria-invalid', String(problem !== undefined));
  }

  async #refreshPaths(): Promise<void> {
    const { paths, problem } = readPaths(this.#paths.value);
    if (problem !== undefined || paths.length === 0) {
      this.#showProblem(problem ?? 'Enter at least one path, such as /index.html.');
      this.#paths.focus();
      return;
    }
    if (paths.includes(EVERYTHING)) return this.#refreshEverything();
    const wildcards = paths.some(path => path.endsWith('*'));
    const title = `Refresh ${counted(paths.length, 'path')}?`;
    await this.#confirmAndAsk(
      title,
      paths,
      wildcards ? 'What a path with a * matches is fetched again from the bucket, changed or not.' : '',
    );
  }

  #refreshEverything(): Promise<void> {
    return this.#confirmAndAsk(
      'Refresh everything?',
      [EVERYTHING],
      'Every object is fetched again from the bucket, changed or not: at each edge location the first visit to it is slower.',
    );
  }

  async #confirmAndAsk(title: string, paths: readonly string[], consequence: string): Promise<void> {
    if (this.#isBusy || this.#month === undefined) return;
    const text = [this.#costOf(paths), consequence].filter(part => part !== '').join('\n\n');
    if (await confirmed({ title, text, goAhead: 'Refresh' })) await this.#ask(paths);
  }

  #costOf({ length }: readonly string[]): string {
    return this.#month ? `${counted(length, 'path')}. ${priceOf(length, this.#month)}` : '';
  }

  async #ask(paths: readonly string[]): Promise<void> {
    if (this.#isBusy) return;
    this.#showBusy(true);
    this.#notice.hide();
    const id = await attempt(() => askForRefresh(paths), {
      notice: this.#notice,
      again: () => void this.#ask(paths),
    });
    this.#showBusy(false);
    if (id === undefined) return;
    this.#notice.hide();
    this.#paths.value = '';
    this.#check();
    this.#follow(id);
  }

  #showBusy(busy: boolean): void {
    this.#isBusy = busy;
    setBusy(this.#someButton, busy);
    setBusy(this.#allButton, busy);
  }
}
