import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { filesIn } from './files-in.ts';
import { FRAGMENTS, withFragments } from './page-fragments.ts';

const WEB_DIRECTORY = fileURLToPath(new URL('../web', import.meta.url));

/** The scripts of the page and of the cache panel. Each is bundled with its modules. */
export const SCRIPTS = ['scripts', 'cache'] as const;

/** Sources that are compiled rather than published as they are, and the README. */
const SOURCES = /\.(?:ts|css|md)$/;

/**
 * Builds the website into a directory, which then holds nothing else: each script bundled with its
 * modules, `styles.css` as Tailwind compiles it, the fonts that it names, the pages with their
 * fragments, and the other files of `web/` as they are. The same sources give the same bytes. A
 * file that has these bytes already is not written again, so a watcher sees only what changed.
 *
 * @returns the website's files, relative and sorted, whether or not they had to be written
 * @throws esbuild's `BuildFailure` or Tailwind's report if a source does not build. The directory
 * is untouched then.
 */
export function buildWebsite(outDirectory: string): readonly string[] {
  const styles = compileStyles(readFileSync(join(WEB_DIRECTORY, 'styles.css'), 'utf8'));
  const website = new Map<string, Uint8Array>([
    ...SCRIPTS.map(name => [`${name}.js`, bundleScript(`${name}.ts`)] as const),
    ['styles.css', Buffer.from(styles)],
    ...fontsIn(styles),
  ]);
  for (const file of filesIn(WEB_DIRECTORY)) {
    if (isPublished(file)) website.set(file, publishedBytes(file));
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

/**
 * Compiles a style sheet with Tailwind and minifies it. It may import files of `web/`.
 *
 * @throws Error with Tailwind's own report if it does not compile
 */
export function compileStyles(source: string): string {
  const { resolve } = createRequire(import.meta.url);
  const tailwind = join(dirname(resolve('@tailwindcss/cli/package.json')), 'dist', 'index.mjs');
  // Tailwind's compiler is asynchronous and a CDK app is not, hence its command line.
  return execFileSync(process.execPath, [tailwind, '--input', '-', '--minify'], {
    cwd: WEB_DIRECTORY,
    input: source,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** The font files that a style sheet names, and the licence that must be published with them. */
function fontsIn(styles: string): ReadonlyMap<string, Uint8Array> {
  const home = dirname(createRequire(import.meta.url).resolve('@fontsource/poppins/package.json'));
  const names = [...styles.matchAll(/url\("?fonts\/([\w-]+\.woff2)"?\)/g)].flatMap(([, name]) => name ?? []);
  return new Map([
    ['fonts/LICENSE.txt', readFileSync(join(home, 'LICENSE'))],
    ...names.map(name => [`fonts/${name}`, readFileSync(join(home, 'files', name))] as const),
  ]);
}

/**
 * Leaves out sources, fragments, and what editors and file managers leave behind (`.DS_Store`,
 * `.styles.css.swp`).
 */
function isPublished(file: string): boolean {
  return !SOURCES.test(file) && !file.startsWith(FRAGMENTS) && !basename(file).startsWith('.');
}

function publishedBytes(file: string): Uint8Array {
  const bytes = readFileSync(join(WEB_DIRECTORY, file));
  return file.endsWith('.html') ? Buffer.from(withFragments(bytes.toString())) : bytes;
}

function bundleScript(entryPoint: string): Uint8Array {
  const { outputFiles } = buildSync({
    absWorkingDir: WEB_DIRECTORY,
    entryPoints: [entryPoint],
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
