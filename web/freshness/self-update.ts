/// <reference lib="dom" />
import { renewInBrowser } from './served-file.ts';

/** A file that the edge serves in a newer version than the one this page was loaded with. */
export interface NewerFile {
  readonly name: string;
  readonly url: string;
  readonly version: string;
}

/**
 * What a page remembers across its own reload, kept in the history entry: that needs no storage
 * permission.
 */
interface ReloadNote {
  readonly files: readonly string[];
  readonly versions: readonly string[];
  readonly at: number;
}

// While a change spreads, one edge location may serve the new file and the next one still the old.
const NO_SECOND_RELOAD_MS = 60_000;

/**
 * Replaces the current style sheet by the new one, without a reload and without an unstyled moment.
 */
export async function swapStylesheet(
  present: HTMLLinkElement,
): Promise<{ link: HTMLLinkElement; version: string }> {
  const { version } = await renewInBrowser(present.href);
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = present.href;
  const loaded = new Promise<boolean>(resolve => {
    link.addEventListener('load', () => resolve(true));
    link.addEventListener('error', () => resolve(false));
  });
  present.after(link);
  const replaced = (await loaded) ? present : link;
  replaced.remove();
  if (replaced === link) throw new Error('The new style sheet did not load.');
  return { link, version };
}

/** False if this tab already reloaded for one of these versions in the last minute. */
export function mayReloadFor(newer: readonly NewerFile[], now: number): boolean {
  const earlier = recentNote(now)?.versions ?? [];
  return !newer.some(file => earlier.includes(file.version));
}

/** Renews the browser's own copies, then reloads: a plain reload requests only the page again. */
export async function reloadFor(newer: readonly NewerFile[], now: number): Promise<void> {
  await Promise.all(newer.map(file => renewInBrowser(file.url)));
  const reload: ReloadNote = {
    files: newer.map(file => file.name),
    versions: [...(recentNote(now)?.versions ?? []), ...newer.map(file => file.version)],
    at: now,
  };
  history.replaceState({ ...history.state, reload }, '');
  location.reload();
}

/** Names of the files that this page reloaded for in the last minute. */
export function filesJustReloadedFor(now: number): readonly string[] {
  return recentNote(now)?.files ?? [];
}

function recentNote(now: number): ReloadNote | undefined {
  const state: { readonly reload?: ReloadNote } | null = history.state;
  return state?.reload && now - state.reload.at < NO_SECOND_RELOAD_MS ? state.reload : undefined;
}
