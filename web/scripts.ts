/// <reference lib="dom" />
import { checkWhileVisible } from './check-while-visible.ts';
import { announce, type FileState, showChecked, showFreshness } from './freshness-panel.ts';
import { filesJustReloadedFor, mayReloadFor, reloadFor, swapStylesheet } from './self-update.ts';
import { FileRefused, heldByBrowser, type ServedFile, servedNow } from './served-file.ts';

/** A published file that this page is made of. */
interface WatchedFile {
  readonly name: string;
  readonly role: string;
  readonly url: string;
  /** The version this page was made from. */
  loaded?: string;
  /** The edge's last answer. */
  served?: ServedFile;
  failure?: unknown;
  updatedAt?: number;
}

const JUST_NOW_MS = 60_000;

let stylesheet = required<HTMLLinkElement>('link[rel="stylesheet"]');
const script = required<HTMLScriptElement>('script[src]');

// Asked for under the address it was opened with: CloudFront keeps "/" and "/index.html" as two copies.
const page: WatchedFile = { name: 'index.html', role: 'The page itself', url: location.pathname };
const style: WatchedFile = { name: 'styles.css', role: 'How it looks', url: stylesheet.href };
const behaviour: WatchedFile = { name: 'scripts.js', role: 'How it behaves', url: script.src };
const files = [page, style, behaviour];

let trouble: string | undefined;
let reloadToAnnounce = filesJustReloadedFor(Date.now());
for (const file of files) if (reloadToAnnounce.includes(file.name)) file.updatedAt = Date.now();

show();
checkWhileVisible(check);

async function check(): Promise<void> {
  await Promise.all(files.map(askFor));
  try {
    await bringUpToDate();
  } catch (failure) {
    for (const file of files.filter(isStale)) file.failure = failure;
  }
  announceChanges();
  show();
  if (files.some(file => file.failure === undefined)) showChecked(new Date());
}

async function askFor(file: WatchedFile): Promise<void> {
  try {
    file.loaded ??= (await heldByBrowser(file.url)).version;
    file.served = await servedNow(file.url);
    delete file.failure;
  } catch (failure) {
    file.failure = failure;
  }
}

/** A new style sheet is put in place; a new page or script takes a reload, which brings the style sheet along. */
async function bringUpToDate(): Promise<void> {
  const stale = files.filter(isStale);
  if (stale.includes(page) || stale.includes(behaviour)) {
    const newer = stale.map(({ name, url, served }) => ({ name, url, version: served?.version ?? '' }));
    if (mayReloadFor(newer, Date.now())) await reloadFor(newer, Date.now());
  } else if (stale.includes(style)) {
    const swapped = await swapStylesheet(stylesheet);
    stylesheet = swapped.link;
    style.loaded = swapped.version;
    style.updatedAt = Date.now();
    announce('The look of this page was updated.');
  }
}

function isStale({ failure, loaded, served }: WatchedFile): boolean {
  return failure === undefined && served !== undefined && served.version !== loaded;
}

function announceChanges(): void {
  const before = trouble;
  trouble = describeTrouble();
  if (trouble !== before) announce(trouble ?? 'The site answers again.');
  if (trouble === undefined && reloadToAnnounce.length > 0) {
    announce(`This page was updated just now: ${reloadToAnnounce.join(', ')}.`);
    reloadToAnnounce = [];
  }
}

function describeTrouble(): string | undefined {
  const failed = files.find(file => file.failure !== undefined);
  if (!failed) return undefined;
  const retry = 'You keep what is loaded. The next try follows in five seconds.';
  if (failed.failure instanceof FileRefused) {
    return `The edge answers ${failed.failure.status} for ${failed.name}. ${retry}`;
  }
  return navigator.onLine ? `The site does not answer. ${retry}` : `You are offline. ${retry}`;
}

function show(): void {
  const rows = files.map(file => ({
    name: file.name,
    role: file.role,
    served: file.served,
    state: stateOf(file),
  }));
  showFreshness(rows, trouble);
}

function stateOf(file: WatchedFile): FileState {
  if (file.failure !== undefined) return 'trouble';
  if (file.served === undefined) return 'checking';
  if (isStale(file)) return 'waiting';
  return file.updatedAt !== undefined && Date.now() - file.updatedAt < JUST_NOW_MS ? 'updated' : 'fresh';
}

function required<Found extends Element>(selector: string): Found {
  const found = document.querySelector<Found>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}
