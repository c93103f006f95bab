import { hash } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { filesIn } from '../../files-in.ts';
import { buildWebsite } from '../../website-assets.ts';

export interface SiteWatcherOptions {
  /** The sources: `web/`. */
  readonly sourceDirectory: string;
  /** The site as it was deployed. */
  readonly publishedDirectory: string;
  /** Where the site is built anew. */
  readonly buildDirectory: string;
  /** Uploads a file, or removes it when there is no content. */
  readonly publish: (file: string, content: Buffer | undefined) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Editors save in several steps: the build waits until they are done. */
const SETTLE_MS = 80;

/**
 * Rebuilds the site whenever a source is saved, and publishes the files that differ. Each is an
 * upload like any other, so the refresh follows by itself. A source that does not build is
 * reported, and the site stays as it is.
 *
 * @returns a function that ends it, after the publication under way
 */
export function watchSite(options: SiteWatcherOptions): () => Promise<void> {
  const { sourceDirectory, publishedDirectory, buildDirectory, publish, onError } = options;
  let published = versionsOf(publishedDirectory, filesIn(publishedDirectory));
  let work = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const publishChanges = async () => {
    const built = versionsOf(buildDirectory, buildWebsite(buildDirectory));
    for (const [file, version] of built) {
      if (published.get(file) !== version) await publish(file, readFileSync(join(buildDirectory, file)));
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

/** The hash of each file's content. */
function versionsOf(directory: string, files: readonly string[]): ReadonlyMap<string, string> {
  return new Map(files.map(file => [file, hash('sha256', readFileSync(join(directory, file)))]));
}
