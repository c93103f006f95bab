/// <reference lib="dom" />
import { element, write } from './dom.ts';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that goes ahead. */
  readonly goAhead: string;
}

/** Asks before something is lost. Escape and "Keep" both mean no. */
export async function confirmed({ title, text, goAhead }: Question): Promise<boolean> {
  write(element('confirm-title', HTMLHeadingElement), title);
  write(element('confirm-text', HTMLParagraphElement), text);
  write(element('confirm-go-ahead', HTMLButtonElement), goAhead);
  return (await choiceIn(element('confirm-dialog', HTMLDialogElement))) === 'go-ahead';
}

/** Opens a dialog and answers the value of the button that closed it; the empty string after Escape. */
export function choiceIn(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

/** True while the visitor is being asked something. */
export function isAsking(): boolean {
  return document.querySelector('dialog[open]') !== null;
}
