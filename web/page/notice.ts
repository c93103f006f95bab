/// <reference lib="dom" />
import { announce } from './announce.ts';
import { element } from './dom.ts';

export type Tone = 'good' | 'waiting' | 'trouble';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** A message line: how the last action in one part of the page went. */
export class Notice {
  readonly #box: HTMLElement;
  readonly #text = document.createElement('p');
  readonly #button = document.createElement('button');
  #run: (() => void) | undefined;

  constructor(id: string) {
    this.#box = element(id, HTMLElement);
    this.#button.type = 'button';
    this.#button.className = 'button button-small';
    this.#button.addEventListener('click', () => this.#run?.());
    this.#box.replaceChildren(this.#text, this.#button);
  }

  /** Shows and announces a message, with a button if there is an action. */
  show(tone: Tone, text: string, action?: NoticeAction): void {
    this.#box.dataset['tone'] = tone;
    this.#text.textContent = text;
    this.#run = action?.run;
    this.#button.hidden = action === undefined;
    this.#button.textContent = action?.label ?? '';
    this.#box.hidden = false;
    announce(text);
  }

  /** Changes the text without announcing it, for countdowns. */
  rewrite(text: string): void {
    this.#text.textContent = text;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
