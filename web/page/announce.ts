/// <reference lib="dom" />
import { element } from './dom.ts';

/** Tells a screen reader, once it has finished what it is saying; also the same words a second time. */
export function announce(message: string): void {
  element('announcement', HTMLParagraphElement).replaceChildren(message);
}
