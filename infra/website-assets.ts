import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const WEB_DIRECTORY = fileURLToPath(new URL('../web', import.meta.url));

/**
 * Builds the website into a directory that is left holding exactly that: the files of `web/` as they are, and
 * `scripts.ts` with its modules as one `scripts.js`. The same sources give the same bytes. A file whose bytes are
 * there already is not written again, so a watcher sees only what changed.
 *
 * @returns the website's files, relative and sorted, whether or not they had to be written
 * @throws esbuild's `BuildFailure` if the script does not bundle; the directory is then untouched
 */
export function buildWebsite(outDirectory: string): readonly string[] {
  const website = new Map<string, Uint8Array>([['scripts.js', bundleScript()]]);
  for (const file of filesIn(WEB_DIRECTORY)) {
    if (isPublished(file)) website.set(file, readFileSync(join(WEB_DIRECTORY, file)));
  }

  mkdirSync(outDirectory, { recursive: true });
  const files = [...website.keys()].sort();
  for (const entry of readdirSync(outDirectory, { recursive: true, encoding: 'utf8' })) {
    const belongs = files.some(file => file === entry || file.startsWith(`${entry}/`));
    if (!belongs) rmSync(join(outDirectory, entry), { recursive: true, force: true });
  }
  for (const [file, bytes] of website) {
    const path = join(outDirectory, file);
    if (existsSync(path) && readFileSync(path).equals(bytes)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return files;
}

/** Sources are not published, nor what editors and file managers leave lying about (`.DS_Store`, `.styles.css.swp`). */
function isPublished(file: string): boolean {
  return !file.endsWith('.ts') && !basename(file).startsWith('.');
}

function bundleScript(): Uint8Array {
  const { outputFiles } = buildSync({
    absWorkingDir: WEB_DIRECTORY,
    entryPoints: ['scripts.ts'],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    tsconfigRaw: {},
  });
  const [script] = outputFiles;
  if (!script) throw new Error('esbuild wrote no script.');
  return script.contents;
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)));
}
