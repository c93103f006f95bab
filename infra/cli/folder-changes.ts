import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What an upload changes, in object keys, sorted. */
export interface SiteChange {
  /** Added, removed, or of other content. */
  readonly changedKeys: readonly string[];
  /** What the site consists of afterwards. */
  readonly siteKeys: readonly string[];
}

/**
 * What changes when the files of one folder take the place of another's.
 *
 * @param prefix what the upload puts before the files' names, '' or with a slash at the end
 * @throws Error naming what is no folder, or cannot be read, or could not be an object
 */
export function changeBetween(from: string, to: string, prefix: string): SiteChange {
  const [before, after] = [new Set(objectsIn(from)), new Set(objectsIn(to))];
  const overwritten = [...before.intersection(after)].filter(
    file => !haveSameContent(join(from, file), join(to, file)),
  );
  const keysOf = (files: readonly string[]) => files.map(file => `${prefix}${file}`).sort();
  return {
    changedKeys: keysOf([...before.symmetricDifference(after), ...overwritten]),
    siteKeys: keysOf([...after]),
  };
}

/**
 * The files below a folder, relative, with slashes. Unlike `filesIn` it passes nothing over: an uploader may follow a
 * symbolic link or skip it, and a plan must not guess which.
 */
function objectsIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`There is no folder ${folder}. An empty one stands for a site without files.`);
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) {
        throw new Error(`${path} is a symbolic link or another special file: replace it by an ordinary one.`);
      }
      // Node replaces what is not UTF-8, and the name it gives then leads nowhere.
      if (entry.name.includes('\uFFFD') && !existsSync(path)) {
        throw new Error(`The name of ${path} is not UTF-8, which the key of an object must be: rename it.`);
      }
      return relative(folder, path).replaceAll(sep, '/');
    });
}

function haveSameContent(left: string, right: string): boolean {
  return statSync(left).size === statSync(right).size && digestOf(left) === digestOf(right);
}

const chunk = Buffer.allocUnsafe(256 * 1024);

/** Chunk by chunk, however large the file is. */
function digestOf(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const length = readSync(file, chunk);
      if (length === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}
