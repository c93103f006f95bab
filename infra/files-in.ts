import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The files below a folder: relative paths with slashes, sorted. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}
