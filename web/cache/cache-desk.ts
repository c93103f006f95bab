/// <reference lib="dom" />
import { isRefreshId } from '../../shared/refresh/refresh.ts';
import { ApiFailure, ApiRefused } from '../api/call.ts';
import { describeFailure } from '../api/failures.ts';
import { checkWhileVisible } from '../page/check-while-visible.ts';
import { element, write } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { elapsed, timeOfDay } from '../page/wording.ts';
import { DetailsView } from './details-view.ts';
import { Overview } from './overview.ts';
import { type Pace, pauseMs } from './pace.ts';

/**
 * The whole panel: the overview, or the refresh named in the address, updated while the page is
 * visible.
 */
export class CacheDesk {
  readonly #overview = new Overview(id => this.#goTo(id));
  readonly #details = new DetailsView(paths => this.#refreshAgain(paths));
  readonly #trouble = new Notice('trouble-notice');
  readonly #checkNow: () => void;
  readonly #title = document.title;
  #pace: Pick<Pace, 'failures' | 'retryAfterSeconds'> = { failures: 0 };
  #checkedAt: Date | undefined;

  constructor() {
    this.#route();
    window.addEventListener('hashchange', () => {
      this.#route();
      this.#checkNow();
    });
    this.#checkNow = checkWhileVisible(
      () => this.#check(),
      () => this.#pauseMs(),
    );
  }

  /**
   * Any other anchor is a place in the overview. One that both views have, such as the skip link's,
   * changes nothing.
   */
  #route(): void {
    const anchor = location.hash.slice(1);
    const id = isRefreshId(anchor) ? anchor : undefined;
    const place = document.getElementById(anchor);
    if (id === undefined && place?.querySelector('#overview')) return;
    const left = this.#details.id;
    this.#overview.hidden = id !== undefined;
    this.#details.open(id);
    document.title = id === undefined ? this.#title : `Refresh ${id} · ${this.#title}`;
    if (id !== undefined) window.scrollTo(0, 0);
    else if (place) place.scrollIntoView();
    else if (left !== undefined) this.#overview.focus(left);
  }

  get #view(): Overview | DetailsView {
    return this.#details.id === undefined ? this.#overview : this.#details;
  }

  async #check(): Promise<void> {
    try {
      await this.#view.check();
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      this.#view.giveUpWaiting();
      this.#showTrouble(failure);
      return;
    }
    this.#pace = { failures: 0 };
    this.#trouble.hide();
    this.#checkedAt = new Date();
    write(
      element('checked', HTMLElement),
      `Last checked at ${timeOfDay(this.#checkedAt)}, and every ${elapsed(this.#pauseMs())} while this page is visible.`,
    );
  }

  #showTrouble(failure: ApiFailure): void {
    const isNew = this.#pace.failures === 0;
    this.#pace = {
      failures: this.#pace.failures + 1,
      retryAfterSeconds: failure instanceof ApiRefused ? failure.retryAfterSeconds : undefined,
    };
    const asOf = this.#checkedAt ? ` This page shows the state at ${timeOfDay(this.#checkedAt)}.` : '';
    const text = `${describeFailure(failure)}${asOf} Next try in ${elapsed(this.#pauseMs())}.`;
    if (isNew) this.#trouble.show('trouble', text, { label: 'Try now', run: () => this.#checkNow() });
    else this.#trouble.rewrite(text);
  }

  #pauseMs(): number {
    return pauseMs({ runningForMs: this.#view.runningForMs, ...this.#pace });
  }

  #goTo(refreshId: string): void {
    location.hash = refreshId;
  }

  #refreshAgain(paths: readonly string[]): void {
    location.hash = 'by-hand';
    this.#overview.hidden = false;
    this.#overview.form.suggest(paths);
  }
}
