import {
  cpSync,
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
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withFragments } from '../../infra/page-fragments.ts';
import { buildWebsite, compileStyles } from '../../infra/website-assets.ts';

/** The website as built once: Tailwind takes a second each time. */
const site = mkdtempSync(join(tmpdir(), 'website-'));
let files: readonly string[];

beforeAll(() => {
  files = buildWebsite(site);
});

afterAll(() => rmSync(site, { recursive: true }));

/** A copy, for tests that build again. */
function copyOfSite(): string {
  const copy = mkdtempSync(join(tmpdir(), 'website-'));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(site, copy, { recursive: true });
  return copy;
}

const text = (file: string) => readFileSync(join(site, file), 'utf8');

const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(entry => statSync(join(directory, entry)).isFile())
    .sort();

const bytesOf = (directory: string, files: readonly string[]) =>
  files.map(file => readFileSync(join(directory, file)).toString('base64'));

describe('building the website', () => {
  it('returns the files it consists of, and the directory holds just these', () => {
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
    expect(filesIn(site)).toEqual(files);
  });

  it('publishes no sources in any form', () => {
    expect(files.filter(file => /\.(ts|map|md)$|^fragments/.test(file))).toEqual([]);
    expect(files.filter(file => file.endsWith('.css'))).toEqual(['styles.css']);
  });

  it('bundles each script into one file that imports nothing', () => {
    const scripts = files.filter(file => file.endsWith('.js'));
    expect(scripts).toEqual(['cache.js', 'scripts.js']);
    for (const file of scripts) {
      expect(text(file)).not.toMatch(/\bimport\b|\brequire\b|sourceMappingURL/);
    }
  });

  it('gives the same bytes wherever and however often it is built, and removes what an earlier build left', () => {
    const copy = copyOfSite();
    mkdirSync(join(copy, 'old'));
    writeFileSync(join(copy, 'old', 'gone.html'), 'gone');
    writeFileSync(join(copy, 'scripts.ts'), 'stale');
    const elsewhere = join(copy, 'a', 'deeper', 'place');
    const bytes = bytesOf(site, files);
    expect(bytesOf(elsewhere, buildWebsite(elsewhere))).toEqual(bytes);
    expect(bytesOf(copy, buildWebsite(copy))).toEqual(bytes);
    expect(filesIn(copy)).toEqual(files);
  });

  it('writes only what changed', () => {
    const copy = copyOfSite();
    const longAgo = new Date('2020-01-01T00:00:00Z');
    for (const file of files) utimesSync(join(copy, file), longAgo, longAgo);
    writeFileSync(join(copy, 'styles.css'), 'changed by hand');
    buildWebsite(copy);
    const rewritten = files.filter(file => statSync(join(copy, file)).mtimeMs !== longAgo.getTime());
    expect(rewritten).toEqual(['styles.css']);
  });
});

describe('the style sheet', () => {
  const source = readFileSync(new URL('../../web/styles.css', import.meta.url), 'utf8');

  it('is compiled by Tailwind from web/styles.css, for the classes that the page uses', () => {
    const styles = text('styles.css');
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
    const styles = text('styles.css');
    const named = [...styles.matchAll(/url\("?([^)"]+)"?\)/g)].map(([, url]) => url);
    expect(named.length).toBeGreaterThan(0);
    expect(files).toEqual(expect.arrayContaining([...named, 'fonts/LICENSE.txt']));
  });
});

describe('a fragment', () => {
  it('replaces its include in every page, with the same indentation', () => {
    for (const page of ['index.html', 'cache.html']) {
      const html = text(page);
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
      const page = text(file);
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/i);
      expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      const urls = text('styles.css').match(/url\([^)]*\)/g) ?? [];
      expect(urls.filter(url => !/^url\("?fonts\//.test(url))).toEqual([]);
    },
  );
});
