/// <reference lib="dom" />
import { element, write } from './dom.ts';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** The label of the button that confirms. */
  readonly goAhead: string;
}

/** Asks before something is lost or paid for. Escape and the other button both mean no. */
export async function confirmed({ title, text, goAhead }: Question): Promise<boolean> {
  write(element('confirm-title', HTMLHeadingElement), title);
  write(element('confirm-text', HTMLParagraphElement), text);
  write(element('confirm-go-ahead', HTMLButtonElement), goAhead);
  return (await choiceIn(element('confirm-dialog', HTMLDialogElement))) === 'go-ahead';
}

/**
 * Opens a dialog and returns the value of the button that closed it; the empty string after Escape.
 */
export function choiceIn(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

/** True while a dialog is open. */
export function isAsking(): boolean {
  return document.querySelector('dialog[open]') !== null;
}
