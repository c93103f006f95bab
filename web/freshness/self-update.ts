/// <reference lib="dom" />
import { renewInBrowser } from './served-file.ts';

/** A file the edge serves in a newer version than the one this page was made from. */
export interface NewerFile {
  readonly name: string;
  readonly url: string;
  readonly version: string;
}

/** What a page remembers across its own reload. Kept in the history entry, which needs no storage permission. */
interface ReloadNote {
  readonly files: readonly string[];
  readonly versions: readonly string[];
  readonly at: number;
}

// While a change spreads, one edge may serve the new file and the next one still the old.
const NO_SECOND_RELOAD_MS = 60_000;

/** Puts the newly published style sheet in the place of the present one: no reload, no unstyled moment. */
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

/** False if this tab has reloaded for one of these versions within the last minute already. */
export function mayReloadFor(newer: readonly NewerFile[], now: number): boolean {
  const earlier = recentNote(now)?.versions ?? [];
  return !newer.some(file => earlier.includes(file.version));
}

/** Reloads with the browser's own copies renewed first: a reload by itself asks anew for nothing but the page. */
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

/** Names of the files this page has reloaded for within the last minute. */
export function filesJustReloadedFor(now: number): readonly string[] {
  return recentNote(now)?.files ?? [];
}

function recentNote(now: number): ReloadNote | undefined {
  const state: { readonly reload?: ReloadNote } | null = history.state;
  return state?.reload && now - state.reload.at < NO_SECOND_RELOAD_MS ? state.reload : undefined;
}
