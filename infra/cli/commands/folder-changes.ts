import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What an upload changes, as sorted object keys. */
export interface SiteChange {
  /** Added, removed or overwritten with other content. */
  readonly changedKeys: readonly string[];
  /** The whole site after the upload. */
  readonly siteKeys: readonly string[];
}

/**
 * Compares two folders: what changes when the files of the second replace those of the first.
 *
 * @param prefix what the upload puts before the files' names: empty, or with a slash at the end
 * @throws Error naming what is not a folder, cannot be read, or cannot become an object
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
 * The files below a folder as relative paths with slashes. Unlike `filesIn` it skips nothing: an
 * uploader may follow a symbolic link or skip it, and a plan must not guess which.
 */
function objectsIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`There is no folder ${folder}. Use an empty one for a site without files.`);
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) {
        throw new Error(
          `${path} is a symbolic link or another special file: replace it with an ordinary one.`,
        );
      }
      // Node replaces bytes that are not UTF-8, and the resulting name leads nowhere.
      if (entry.name.includes('\uFFFD') && !existsSync(path)) {
        throw new Error(`The name of ${path} is not UTF-8, as an object key must be: rename it.`);
      }
      return relative(folder, path).replaceAll(sep, '/');
    });
}

function haveSameContent(left: string, right: string): boolean {
  return statSync(left).size === statSync(right).size && digestOf(left) === digestOf(right);
}

const chunk = Buffer.allocUnsafe(256 * 1024);

/** Reads in chunks, so that the file may be of any size. */
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
