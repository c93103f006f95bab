/// <reference lib="dom" />
import { element } from './dom.ts';

const SHOWN_AT_FIRST = 8;

/** Items of which the first are shown, and the others when asked for. */
export class LongList<Item> {
  readonly #list: HTMLElement;
  readonly #rowOf: (item: Item) => HTMLElement;
  readonly #button = document.createElement('button');
  #items: readonly Item[] = [];
  #isWhole: boolean = false;

  /** @param id of a list or table body; the button comes after it, or after its table */
  constructor(id: string, rowOf: (item: Item) => HTMLElement) {
    this.#list = element(id, HTMLElement);
    this.#rowOf = rowOf;
    this.#button.type = 'button';
    this.#button.className = 'button button-small mt-3';
    this.#button.setAttribute('aria-controls', id);
    this.#button.addEventListener('click', () => {
      this.#isWhole = !this.#isWhole;
      this.#draw();
    });
    (this.#list.closest('table') ?? this.#list).after(this.#button);
  }

  /** Leaves what is shown alone if these are the same items. */
  show(items: readonly Item[]): void {
    if (JSON.stringify(items) === JSON.stringify(this.#items)) return;
    this.#items = items;
    this.#draw();
  }

  /** Shows nothing, and the next items from the first on. */
  clear(): void {
    this.#isWhole = false;
    this.show([]);
  }

  #draw(): void {
    const shown = this.#isWhole ? this.#items : this.#items.slice(0, SHOWN_AT_FIRST);
    this.#list.replaceChildren(...shown.map(this.#rowOf));
    this.#button.hidden = this.#items.length <= SHOWN_AT_FIRST;
    this.#button.textContent = this.#isWhole ? 'Show fewer' : `Show all ${this.#items.length}`;
    this.#button.setAttribute('aria-expanded', String(this.#isWhole));
  }
}
