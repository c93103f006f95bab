import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { mapConcurrently } from '../../shared/concurrently.ts';
import type { Upload } from '../helpers/scenarios.ts';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/published-sites');

/** Files read at once: systems allow a process some hundreds. */
const OPEN_FILES = 64;

/** A site as two successive versions of a package on npm. */
export interface PublishedSite {
  readonly package: string;
  readonly versions: readonly [before: string, after: string];
  /** The folder of the package that is the site; '' for all of it. */
  readonly folder: string;
}

/**
 * What deploying the later version over the earlier one uploads and removes. Downloads what it has
 * not downloaded before.
 */
export async function upgrade({ package: name, versions, folder }: PublishedSite): Promise<Upload> {
  const [before, after] = versions.map(async version =>
    join(await fetchPackage(`${name}@${version}`), folder),
  );
  if (before === undefined || after === undefined) throw new Error(`${name} needs two versions`);
  return { name, what: versions.join(' → '), ...(await replacement(await before, await after)) };
}

/** What deploying one folder over another one uploads and removes. */
export async function replacement(
  beforeFolder: string,
  afterFolder: string,
): Promise<Pick<Upload, 'changedKeys' | 'siteKeys'>> {
  const [before, after] = [await fingerprints(beforeFolder), await fingerprints(afterFolder)];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return {
    changedKeys: [...keys].filter(key => before.get(key) !== after.get(key)),
    siteKeys: [...after.keys()],
  };
}

/**
 * The folder with a package's files. npm verifies what it downloads; the folder appears only once
 * it is complete.
 */
async function fetchPackage(spec: string): Promise<string> {
  const folder = join(CACHE, spec.replaceAll('/', '+'));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const unpacking = await mkdtemp(join(CACHE, '.unpacking-'));
  try {
    const { stdout } = await run('npm', ['pack', spec, '--silent', '--pack-destination', unpacking]);
    // Node reads no tar files; every machine that has npm has tar.
    await run('tar', ['-xzf', join(unpacking, stdout.trim()), '-C', unpacking]);
    await rename(join(unpacking, 'package'), folder);
  } finally {
    await rm(unpacking, { recursive: true });
  }
  return folder;
}

/** The hash of every file in a folder, by its path as an object key. */
async function fingerprints(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  const hashes = await mapConcurrently(files, OPEN_FILES, async file => {
    const key = relative(folder, file).split(sep).join('/');
    const content = await readFile(file);
    return [key, createHash('sha256').update(content).digest('hex')] as const;
  });
  return new Map(hashes);
}
