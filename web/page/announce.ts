/// <reference lib="dom" />
import { element } from './dom.ts';

/**
 * Has a screen reader say this when it finishes its current sentence, even if it said the same
 * before.
 */
export function announce(message: string): void {
  element('announcement', HTMLParagraphElement).replaceChildren(message);
}
