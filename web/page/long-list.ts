/// <reference lib="dom" />
import { element } from './dom.ts';

const SHOWN_AT_FIRST = 8;

/** A list that shows its first items, and the rest on request. */
export class LongList<Item> {
  readonly #list: HTMLElement;
  readonly #rowOf: (item: Item) => HTMLElement;
  readonly #button = document.createElement('button');
  #items: readonly Item[] = [];
  #isWhole: boolean = false;

  /** @param id of a list or table body; the button is placed after it, or after its table */
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

  /** Does nothing if the items are the same as before. */
  show(items: readonly Item[]): void {
    if (JSON.stringify(items) === JSON.stringify(this.#items)) return;
    this.#items = items;
    this.#draw();
  }

  /** Empties the list and collapses it again. */
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
