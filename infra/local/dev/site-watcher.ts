import { createHash } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { buildWebsite } from '../../website-assets.ts';

export interface SiteWatcherOptions {
  /** The sources: `web/`. */
  readonly sourceDirectory: string;
  /** Where the site is built. */
  readonly buildDirectory: string;
  /** Uploads a file, or removes it when there is no content. */
  readonly publish: (file: string, content: Buffer | undefined) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Editors save in several steps: the build waits until they are done. */
const SETTLE_MS = 80;

/**
 * Rebuilds the site whenever a source is saved and publishes what differs from the last build: an upload like any other, from
 * which the refresh follows by itself. A source that does not build is reported, and the site stays as it is.
 *
 * @returns the function that ends it, after the publication under way
 */
export function watchSite({
  sourceDirectory,
  buildDirectory,
  publish,
  onError,
}: SiteWatcherOptions): () => Promise<void> {
  let published = builtFiles(buildDirectory);
  let work = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const publishChanges = async () => {
    const built = builtFiles(buildDirectory);
    for (const [file, { version, content }] of built) {
      if (published.get(file)?.version !== version) await publish(file, content);
    }
    for (const file of published.keys()) if (!built.has(file)) await publish(file, undefined);
    published = built;
  };

  const watcher = watch(sourceDirectory, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      work = work.then(publishChanges).catch(onError);
    }, SETTLE_MS);
  });
  return async () => {
    clearTimeout(timer);
    watcher.close();
    await work;
  };
}

function builtFiles(directory: string): Map<string, { version: string; content: Buffer }> {
  return new Map(
    buildWebsite(directory).map(file => {
      const content = readFileSync(join(directory, file));
      return [file, { version: createHash('sha256').update(content).digest('hex'), content }];
    }),
  );
}
