/// <reference lib="dom" />

/** What the response headers say about one published file. */
export interface ServedFile {
  /**
   * The ETag without quotes and weakness mark: the same bytes are the same version, compressed or
   * not.
   */
  readonly version: string;
  readonly publishedAt: Date | undefined;
  /**
   * First word of `X-Cache`: Hit, Miss, RefreshHit, Error and so on; undefined without an edge in
   * between.
   */
  readonly edge: string | undefined;
  /** Age of the edge's copy, in seconds. */
  readonly keptSeconds: number | undefined;
}

/** The edge answered with an error instead of the file. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
  readonly status: number;

  constructor(status: number) {
    super(`The edge answered ${status}.`);
    this.status = status;
  }
}

const ANSWER_TIMEOUT_MS = 10_000;

/** What the edge serves right now, bypassing the browser's cache. */
export function servedNow(url: string): Promise<ServedFile> {
  return ask(url, { method: 'HEAD', cache: 'no-store' });
}

/**
 * What this page was loaded from: the browser's copy, however old; the edge's if the browser has
 * none.
 */
export function heldByBrowser(url: string): Promise<ServedFile> {
  return ask(url, { cache: 'force-cache' });
}

/** Replaces the browser's copy by what the edge serves now. */
export function renewInBrowser(url: string): Promise<ServedFile> {
  return ask(url, { cache: 'reload' });
}

async function ask(url: string, how: RequestInit): Promise<ServedFile> {
  const response = await fetch(url, { ...how, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  // The browser caches only a body that was read to its end.
  await response.arrayBuffer();
  if (!response.ok) throw new FileRefused(response.status);
  return readHeaders(response.headers);
}

function readHeaders(headers: Headers): ServedFile {
  const lastModified = headers.get('last-modified');
  const age = headers.get('age');
  return {
    version: headers.get('etag')?.replace(/^W\//, '').replaceAll('"', '') ?? lastModified ?? 'unknown',
    publishedAt: lastModified === null ? undefined : new Date(lastModified),
    edge: headers.get('x-cache')?.split(' ')[0],
    keptSeconds: age === null ? undefined : Number(age),
  };
}
