import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINE = '-'.repeat(80);

/** A package that bundles hold parts of. */
interface Held {
  /** Its name, version and licence. */
  readonly title: string;
  /** Its licence's text; a few packages only name their licence. */
  readonly text: string;
}

/**
 * The notices of all packages that bundles hold parts of: each licence asks for them. Equal texts
 * are written once, below the names of all that have them.
 *
 * @param inputs files that the bundles were made of, from the root of the repository
 */
export function noticesFor(inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap(file => /.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []),
  );
  const held = [...folders].sort().map(readHeld);
  const sections = [...Map.groupBy(held, ({ text }) => text)].map(([text, packages]) =>
    [...packages.map(({ title }) => title), ...(text === '' ? [] : ['', text])].join('\n'),
  );
  return `${['This package contains parts of these:', ...sections].join(`\n\n${LINE}\n\n`)}\n`;
}

function readHeld(folder: string): Held {
  const path = join(ROOT, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find(entry => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(path, file), 'utf8');
  return { title: `${name} ${version} (${license})`, text: text.replaceAll('\r\n', '\n').trim() };
}
