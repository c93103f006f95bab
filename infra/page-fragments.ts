import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Parts that several pages share, one HTML file each. A page includes one by `<!-- include NAME
 * -->` on a line of its own.
 */
export const FRAGMENTS = 'fragments/';

const DIRECTORY = fileURLToPath(new URL(`../web/${FRAGMENTS}`, import.meta.url));
const INCLUDE = /^( *)<!-- include ([\w-]+) -->\n/gm;

/**
 * Replaces every include in a page by its fragment, indented like the include.
 *
 * @throws Error if there is no fragment with that name
 */
export function withFragments(page: string): string {
  return page.replaceAll(INCLUDE, (_, indent: string, name: string) =>
    readFileSync(`${DIRECTORY}${name}.html`, 'utf8').replaceAll(/^(?=.)/gm, indent),
  );
}
