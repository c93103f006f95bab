/// <reference lib="dom" />

/**
 * The element that the page has under an id.
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

/** Writes a text where `data-field` says so. Data is only ever shown as text. */
export function writeField(parent: HTMLElement, field: string, text: string): HTMLElement {
  const target = parent.querySelector(`[data-field="${field}"]`);
  if (!(target instanceof HTMLElement)) throw new Error(`There is no field "${field}" to write to.`);
  write(target, text);
  return target;
}

/** Leaves equal text alone, so that a selection or a reading position in it survives. */
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Marks a button as working. It keeps the focus, which a disabled one would lose, so its handler must refuse by itself. */
export function setBusy(button: HTMLButtonElement, busy: boolean): void {
  button.setAttribute('aria-disabled', String(busy));
  button.toggleAttribute('data-busy', busy);
}
