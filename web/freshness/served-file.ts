/// <reference lib="dom" />

/** What the response headers tell about one published file. */
export interface ServedFile {
  /** The entity tag without quotes and weakness mark: the same bytes, compressed or not, are the same version. */
  readonly version: string;
  readonly publishedAt: Date | undefined;
  /** First word of `X-Cache`: Hit, Miss, RefreshHit, Error and so on; undefined where no edge stands in between. */
  readonly edge: string | undefined;
  /** How long the edge has kept this copy, in seconds. */
  readonly keptSeconds: number | undefined;
}

/** The edge answered, but not with the file. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
  readonly status: number;

  constructor(status: number) {
    super(`The edge answered ${status}.`);
    this.status = status;
  }
}

const ANSWER_TIMEOUT_MS = 10_000;

/** What the edge serves right now, past every copy the browser keeps. */
export function servedNow(url: string): Promise<ServedFile> {
  return ask(url, { method: 'HEAD', cache: 'no-store' });
}

/** What this page was loaded from: the browser's own copy, however old; from the edge if it kept none. */
export function heldByBrowser(url: string): Promise<ServedFile> {
  return ask(url, { cache: 'force-cache' });
}

/** Replaces the browser's own copy by what the edge serves now. */
export function renewInBrowser(url: string): Promise<ServedFile> {
  return ask(url, { cache: 'reload' });
}

async function ask(url: string, how: RequestInit): Promise<ServedFile> {
  const response = await fetch(url, { ...how, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  // Only a body read to its end is kept by the browser.
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
