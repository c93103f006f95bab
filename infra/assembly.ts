import { createHash, hash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesIn } from './files-in.ts';
import { type Context, synthesise } from './synthesise.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a synthesis reads. The lock file stands for the packages. */
const FOLDERS = ['handlers', 'infra', 'shared', 'web'];
const FILES = ['cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** Nothing that deploys imports it: the linter sees to that. */
const LOCAL_CLOUD = 'infra/local/';

/** How many assemblies stay that no process uses. One takes about 30 MB. */
const MOST_UNUSED = 3;

export interface AssemblyOptions {
  /** @default none */
  readonly context?: Context;
  /** The project. @default this one */
  readonly root?: string;
  /** Called before a synthesis, which takes much longer than anything else here. */
  readonly onSynthesis?: () => void;
  /** @default as `cdk synth` does */
  readonly synthesise?: typeof synthesise;
}

/**
 * Where the assembly of the present sources is kept, or would be. Its name is the hash of all that
 * a synthesis reads, so the same sources with the same settings always have the same one.
 */
export function assemblyDirectory({ context = {}, root = ROOT }: AssemblyOptions = {}): string {
  return outputOf(join(keptIn(root), fingerprint(root, context)));
}

/**
 * Synthesises, unless the assembly of the present sources is kept and no file of it is missing or
 * altered. The assembly never changes afterwards, and stays until this process ends or longer,
 * whatever other processes synthesise meanwhile. What `cdk synth` itself writes to cdk.out is
 * neither used nor touched.
 *
 * @returns the folder of the assembly
 * @throws Error that says why it cannot be synthesised
 */
export async function ensureAssembly(options: AssemblyOptions = {}): Promise<string> {
  const { context = {}, root = ROOT, onSynthesis, synthesise: make = synthesise } = options;
  const kept = join(keptIn(root), fingerprint(root, context));
  if (existsSync(kept)) markUsed(kept);
  if (isIntact(kept)) return outputOf(kept);

  onSynthesis?.();
  const made = await makeAside(keptIn(root), directory => make(root, directory, context));
  // Saved while it was being made: nobody knows which of the two it was made of.
  if (join(keptIn(root), fingerprint(root, context)) !== kept) {
    rmSync(made, { recursive: true });
    return ensureAssembly(options);
  }
  putInPlace(made, kept);
  removeUnused(keptIn(root));
  return outputOf(kept);
}

const keptIn = (root: string) => join(root, 'cdk.out/kept');
const outputOf = (entry: string) => join(entry, 'assembly');
const hashesOf = (entry: string) => join(entry, 'hashes.json');
const usersOf = (entry: string) => join(entry, 'used-by');

function fingerprint(root: string, context: Context): string {
  const digest = createHash('sha256');
  const add = (name: string, content: string | Buffer) =>
    digest.update(`${name}\0${content.length}\0`).update(content);
  add('Node', process.version);
  add('context', JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
  const sources = FOLDERS.flatMap(folder => filesIn(join(root, folder)).map(file => `${folder}/${file}`));
  for (const file of [...FILES, ...sources]) {
    if (!file.startsWith(LOCAL_CLOUD)) add(file, readFileSync(join(root, file)));
  }
  return digest.digest('hex').slice(0, 32);
}

/** A synthesis may be interrupted, and two processes may want the same one: it is written aside. */
async function makeAside(folder: string, make: (directory: string) => Promise<void>): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const entry = mkdtempSync(join(folder, 'unfinished-'));
  markUsed(entry);
  try {
    await make(outputOf(entry));
  } catch (error) {
    rmSync(entry, { recursive: true });
    throw error;
  }
  const files = filesIn(outputOf(entry)).map(file => [file, hashOf(join(outputOf(entry), file))]);
  writeFileSync(hashesOf(entry), JSON.stringify(Object.fromEntries(files)));
  return entry;
}

function putInPlace(made: string, kept: string): void {
  try {
    renameSync(made, kept);
  } catch {
    // A folder with files is not replaced.
    if (isIntact(kept)) {
      // Another process was faster, with the same result.
      markUsed(kept);
      rmSync(made, { recursive: true });
    } else {
      rmSync(kept, { recursive: true });
      renameSync(made, kept);
    }
  }
}

/** Whether every file is there as it was written. */
function isIntact(entry: string): boolean {
  try {
    const hashes: Record<string, string> = JSON.parse(readFileSync(hashesOf(entry), 'utf8'));
    return Object.entries(hashes).every(([file, known]) => hashOf(join(outputOf(entry), file)) === known);
  } catch {
    // It is not there, or a part of it is not.
    return false;
  }
}

function hashOf(file: string): string {
  return hash('sha256', readFileSync(file));
}

/** A file for each process that uses it: a local cloud runs its functions from the assembly. */
function markUsed(entry: string): void {
  const users = usersOf(entry);
  mkdirSync(users, { recursive: true });
  // The number of a process that has ended is given to another one sooner or later.
  for (const name of readdirSync(users))
    if (!isAlive(Number(name))) rmSync(join(users, name), { force: true });
  writeFileSync(join(users, String(process.pid)), '');
}

function removeUnused(folder: string): void {
  const unused = readdirSync(folder)
    .map(name => join(folder, name))
    .filter(entry => !isUsed(entry))
    .sort((a, b) => lastUsed(b) - lastUsed(a));
  for (const [index, entry] of unused.entries()) {
    const isUnfinished = !existsSync(hashesOf(entry));
    if (isUnfinished || index >= MOST_UNUSED) rmSync(entry, { recursive: true, force: true });
  }
}

function isUsed(entry: string): boolean {
  return existsSync(usersOf(entry)) && readdirSync(usersOf(entry)).some(name => isAlive(Number(name)));
}

function lastUsed(entry: string): number {
  return statSync(usersOf(entry), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    // Somebody else's process may not be signalled, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
