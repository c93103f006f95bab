import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Version of what the local cloud keeps between starts. Raise it when a start could no longer
 * continue from what an earlier version kept: names of resources, files of the emulators.
 */
const STATE_FORMAT = '3';

/** Before it existed, the format had no number. */
const formatFile = (directory: string) => join(directory, 'format');

/**
 * Opens the folder in which the local cloud keeps its state. State of another format is set aside
 * in a folder beside it, untouched, because nothing is lost without being asked.
 *
 * @returns the folder in which the former state is now, undefined if there was none to set aside
 */
export function openStateDirectory(directory: string, now: Date): string | undefined {
  const setAside = hasOtherFormat(directory)
    ? `${directory}-${now.toISOString().replaceAll(/\D/g, '')}`
    : undefined;
  if (setAside !== undefined) renameSync(directory, setAside);
  mkdirSync(directory, { recursive: true });
  writeFileSync(formatFile(directory), `${STATE_FORMAT}\n`);
  return setAside;
}

function hasOtherFormat(directory: string): boolean {
  if (!existsSync(directory)) return false;
  const file = formatFile(directory);
  return !existsSync(file) || readFileSync(file, 'utf8').trim() !== STATE_FORMAT;
}
