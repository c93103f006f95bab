/// <reference lib="dom" />

/**
 * The element with an id.
 *
 * @throws Error if there is none of this kind: page and script then come from different builds
 */
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no "${id}" of the expected kind.`);
  return found;
}

/** A copy of the only element inside a template. */
export function fromTemplate(id: string): HTMLElement {
  const copy = document.importNode(element(id, HTMLTemplateElement).content, true).firstElementChild;
  if (!(copy instanceof HTMLElement)) throw new Error(`The template "${id}" is empty.`);
  return copy;
}

/**
 * Sets the text of the element with this `data-field`. Data is only ever shown as text, never as
 * HTML.
 */
export function writeField(parent: HTMLElement, field: string, text: string): HTMLElement {
  const target = parent.querySelector(`[data-field="${field}"]`);
  if (!(target instanceof HTMLElement)) throw new Error(`There is no field "${field}" to write to.`);
  write(target, text);
  return target;
}

/** Leaves equal text alone, so that a selection or a reading position survives. */
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Marks a button as busy. A disabled button would lose the focus, so this one stays enabled: its
 * handler must ignore clicks.
 */
export function setBusy(button: HTMLButtonElement, busy: boolean): void {
  button.setAttribute('aria-disabled', String(busy));
  button.toggleAttribute('data-busy', busy);
}
