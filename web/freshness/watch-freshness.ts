/// <reference lib="dom" />
import { announce } from '../page/announce.ts';
import { checkWhileVisible } from '../page/check-while-visible.ts';
import { Notice } from '../page/notice.ts';
import { CHECK_EVERY_MS, type FileState, showChecked, showFreshness } from './freshness-panel.ts';
import { filesJustReloadedFor, mayReloadFor, reloadFor, swapStylesheet } from './self-update.ts';
import { FileRefused, heldByBrowser, type ServedFile, servedNow } from './served-file.ts';

/** Unsaved work that a reload would interrupt. */
export interface WorkOnPage {
  readonly isInUse: boolean;
  discard(): void;
}

/** One of the published files that make up this page. */
interface WatchedFile {
  readonly name: string;
  readonly role: string;
  readonly url: string;
  /** The version that this page was loaded with. */
  loaded?: string;
  /** The edge's last answer. */
  served?: ServedFile;
  failure?: unknown;
  updatedAt?: number;
}

const JUST_NOW_MS = 60_000;

/**
 * Compares the files that this page was loaded with to what the edge serves, and updates the page:
 * a new style sheet is swapped in, a new page or script needs a reload. While the form is in use
 * the reload is only offered.
 */
export class FreshnessWatch {
  readonly #work: WorkOnPage;
  readonly #offer = new Notice('update-offer');
  readonly #page: WatchedFile;
  readonly #style: WatchedFile;
  readonly #behaviour: WatchedFile;
  readonly #files: readonly WatchedFile[];
  #stylesheet = required<HTMLLinkElement>('link[rel="stylesheet"]');
  #trouble: string | undefined;
  #reloadToAnnounce = filesJustReloadedFor(Date.now());
  #isOffered: boolean = false;

  constructor(work: WorkOnPage) {
    this.#work = work;
    const script = required<HTMLScriptElement>('script[src]');
    // Requested under the address it was opened with: CloudFront caches "/" and "/index.html"
    // separately.
    this.#page = { name: 'index.html', role: 'The page itself', url: location.pathname };
    this.#style = { name: 'styles.css', role: 'How it looks', url: this.#stylesheet.href };
    this.#behaviour = { name: 'scripts.js', role: 'How it behaves', url: script.src };
    this.#files = [this.#page, this.#style, this.#behaviour];
    for (const file of this.#files) {
      if (this.#reloadToAnnounce.includes(file.name)) file.updatedAt = Date.now();
    }
    this.#show();
    checkWhileVisible(
      () => this.#check(),
      () => CHECK_EVERY_MS,
    );
  }

  async #check(): Promise<void> {
    await Promise.all(this.#files.map(askFor));
    try {
      await this.#bringUpToDate();
    } catch (failure) {
      for (const file of this.#files.filter(isStale)) file.failure = failure;
    }
    this.#announceChanges();
    this.#show();
    if (this.#files.some(file => file.failure === undefined)) showChecked(new Date());
  }

  async #bringUpToDate(): Promise<void> {
    const stale = this.#files.filter(isStale);
    if (stale.includes(this.#page) || stale.includes(this.#behaviour)) {
      if (this.#work.isInUse) this.#offerReload();
      else await this.#reload();
    } else if (stale.includes(this.#style)) {
      const swapped = await swapStylesheet(this.#stylesheet);
      this.#stylesheet = swapped.link;
      this.#style.loaded = swapped.version;
      this.#style.updatedAt = Date.now();
      announce('The look of this page was updated.');
    }
  }

  /** Renews a changed style sheet along with the page. */
  async #reload(): Promise<void> {
    const stale = this.#files.filter(isStale);
    const newer = stale.map(({ name, url, served }) => ({ name, url, version: served?.version ?? '' }));
    if (mayReloadFor(newer, Date.now())) await reloadFor(newer, Date.now());
  }

  #offerReload(): void {
    if (this.#isOffered) return;
    this.#isOffered = true;
    const run = () => {
      this.#work.discard();
      void this.#reload();
    };
    const text = 'A newer version of this page is available. It loads once the form is saved or cleared.';
    this.#offer.show('waiting', text, { label: 'Discard and load now', run });
  }

  #announceChanges(): void {
    const before = this.#trouble;
    this.#trouble = this.#describeTrouble();
    if (this.#trouble !== before) announce(this.#trouble ?? 'The site is responding again.');
    if (this.#trouble === undefined && this.#reloadToAnnounce.length > 0) {
      announce(`This page was updated just now: ${this.#reloadToAnnounce.join(', ')}.`);
      this.#reloadToAnnounce = [];
    }
  }

  #describeTrouble(): string | undefined {
    const failed = this.#files.find(file => file.failure !== undefined);
    if (!failed) return undefined;
    const retry = 'This page keeps working. Next try in five seconds.';
    if (failed.failure instanceof FileRefused) {
      return `The edge returned ${failed.failure.status} for ${failed.name}. ${retry}`;
    }
    return navigator.onLine ? `The site is not responding. ${retry}` : `You are offline. ${retry}`;
  }

  #show(): void {
    const rows = this.#files.map(file => ({
      name: file.name,
      role: file.role,
      served: file.served,
      state: stateOf(file),
    }));
    showFreshness(rows, this.#trouble);
  }
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

function isStale({ failure, loaded, served }: WatchedFile): boolean {
  return failure === undefined && served !== undefined && served.version !== loaded;
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
