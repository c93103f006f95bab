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
import { buildWebsite } from '../../infra/website-assets.ts';

let out: string;

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'website-'));
});

afterEach(() => rmSync(out, { recursive: true }));

const bytesOf = (directory: string, files: readonly string[]) =>
  files.map(file => readFileSync(join(directory, file)).toString('base64'));

describe('building the website', () => {
  it('answers the files it consists of, and the directory holds just these', () => {
    const files = buildWebsite(out);
    expect(files).toEqual(expect.arrayContaining(['favicon.svg', 'index.html', 'scripts.js', 'styles.css']));
    expect(files).toEqual([...files].sort());
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(files);
  });

  it('publishes no sources, in no form', () => {
    expect(buildWebsite(out).filter(file => /\.(ts|map)$/.test(file))).toEqual([]);
    expect(readFileSync(join(out, 'scripts.js'), 'utf8')).not.toContain('sourceMappingURL');
  });

  it('bundles the script into one file that imports nothing', () => {
    buildWebsite(out);
    const script = readFileSync(join(out, 'scripts.js'), 'utf8');
    expect(script).not.toMatch(/\bimport\b|\brequire\b/);
    expect(script.trimEnd().split('\n')).toHaveLength(1);
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
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(files);
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

describe('the published page', () => {
  it('needs nothing a strict content security policy forbids', () => {
    buildWebsite(out);
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/i);
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(readFileSync(join(out, 'styles.css'), 'utf8')).not.toMatch(/@import|url\((?!data:)/);
  });
});
