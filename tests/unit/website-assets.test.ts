import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFragments } from '../../infra/page-fragments.ts';
import { buildWebsite, compileStyles } from '../../infra/website-assets.ts';

let out: string;

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'website-'));
});

afterEach(() => rmSync(out, { recursive: true }));

const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(entry => statSync(join(directory, entry)).isFile())
    .sort();

const bytesOf = (directory: string, files: readonly string[]) =>
  files.map(file => readFileSync(join(directory, file)).toString('base64'));

describe('building the website', () => {
  it('answers the files it consists of, and the directory holds just these', () => {
    const files = buildWebsite(out);
    expect(files).toEqual(
      expect.arrayContaining([
        'cache.html',
        'cache.js',
        'favicon.svg',
        'index.html',
        'scripts.js',
        'styles.css',
      ]),
    );
    expect(files).toEqual([...files].sort());
    expect(filesIn(out)).toEqual(files);
  });

  it('publishes no sources, in no form', () => {
    const files = buildWebsite(out);
    expect(files.filter(file => /\.(ts|map|md)$|^fragments/.test(file))).toEqual([]);
    expect(files.filter(file => file.endsWith('.css'))).toEqual(['styles.css']);
  });

  it('bundles each script into one file that imports nothing', () => {
    const scripts = buildWebsite(out).filter(file => file.endsWith('.js'));
    expect(scripts).toEqual(['cache.js', 'scripts.js']);
    for (const file of scripts) {
      expect(readFileSync(join(out, file), 'utf8')).not.toMatch(/\bimport\b|\brequire\b|sourceMappingURL/);
    }
  });

  it('gives the same bytes wherever and however often it is built', () => {
    const elsewhere = join(out, 'a', 'deeper', 'place');
    const files = buildWebsite(elsewhere);
    const bytes = bytesOf(elsewhere, files);
    expect(bytesOf(out, buildWebsite(out))).toEqual(bytes);
  });

  it('removes what an earlier build left behind', () => {
    mkdirSync(join(out, 'old'));
    writeFileSync(join(out, 'old', 'gone.html'), 'gone');
    writeFileSync(join(out, 'scripts.ts'), 'stale');
    const files = buildWebsite(out);
    expect(filesIn(out)).toEqual(files);
  });

  it('writes only what changed', () => {
    const files = buildWebsite(out);
    const longAgo = new Date('2020-01-01T00:00:00Z');
    for (const file of files) utimesSync(join(out, file), longAgo, longAgo);
    writeFileSync(join(out, 'styles.css'), 'changed by hand');
    buildWebsite(out);
    const rewritten = files.filter(file => statSync(join(out, file)).mtimeMs !== longAgo.getTime());
    expect(rewritten).toEqual(['styles.css']);
  });
});

describe('the style sheet', () => {
  const source = readFileSync(new URL('../../web/styles.css', import.meta.url), 'utf8');

  it('is what Tailwind makes of web/styles.css, for the classes that the page uses', () => {
    buildWebsite(out);
    const styles = readFileSync(join(out, 'styles.css'), 'utf8');
    expect(styles).toBe(compileStyles(source));
    expect(styles).toContain('.flex-wrap{flex-wrap:wrap}');
    expect(styles).not.toMatch(/@apply|@theme|@source|@import/);
  });

  it('follows an edit', () => {
    expect(compileStyles(source.replace('--color-board: #123a30', '--color-board: #0a0b0c'))).toContain(
      '#0a0b0c',
    );
    expect(compileStyles(`${source}\nh1 { color: rgb(1, 2, 3); }`)).toContain('h1{color:#010203}');
  });

  it('with a mistake is refused with the reason', () => {
    expect(() => compileStyles(`${source}\nh1 { @apply no-such-class; }`)).toThrow('no-such-class');
  });

  it('names only fonts that are published, next to their licence', () => {
    const files = buildWebsite(out);
    const styles = readFileSync(join(out, 'styles.css'), 'utf8');
    const named = [...styles.matchAll(/url\("?([^)"]+)"?\)/g)].map(([, url]) => url);
    expect(named.length).toBeGreaterThan(0);
    expect(files).toEqual(expect.arrayContaining([...named, 'fonts/LICENSE.txt']));
  });
});

describe('a fragment', () => {
  it('takes the place of its include in every page, indented like it', () => {
    buildWebsite(out);
    for (const page of ['index.html', 'cache.html']) {
      const html = readFileSync(join(out, page), 'utf8');
      expect(html).not.toContain('<!-- include');
      expect(html).toContain('    <link rel="stylesheet" href="styles.css">\n');
      expect(html).toContain('          <span>Student Management</span>\n        </p>\n        <nav');
    }
  });

  it('without a file fails the build and is named', () => {
    expect(() => withFragments('<!-- include nothing -->\n')).toThrow('fragments/nothing.html');
  });
});

describe('a published page', () => {
  it.each(['index.html', 'cache.html'])(
    'needs nothing a strict content security policy forbids: %s',
    file => {
      buildWebsite(out);
      const page = readFileSync(join(out, file), 'utf8');
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/i);
      expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      const urls = readFileSync(join(out, 'styles.css'), 'utf8').match(/url\([^)]*\)/g) ?? [];
      expect(urls.filter(url => !/^url\("?fonts\//.test(url))).toEqual([]);
    },
  );
});
