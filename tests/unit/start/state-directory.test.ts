import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStateDirectory } from '../../../infra/local/dev/state-directory.ts';

const NOW = new Date('2026-11-30T18:05:00.000Z');

function project(): string {
  const directory = mkdtempSync(join(tmpdir(), 'student-site-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('The state of the local cloud', () => {
  it('is kept from start to start', () => {
    const state = join(project(), '.local');
    expect(openStateDirectory(state, NOW)).toBeUndefined();
    writeFileSync(join(state, 'services.sqlite'), 'kept');
    expect(openStateDirectory(state, NOW)).toBeUndefined();
    expect(readFileSync(join(state, 'services.sqlite'), 'utf8')).toBe('kept');
  });

  it.each([
    { version: 'without a number', format: undefined },
    { version: 'of an earlier number', format: '1' },
    { version: 'of a later number', format: '99' },
  ])('is set aside whole if it is of a version $version', ({ format }) => {
    const root = project();
    const state = join(root, '.local');
    mkdirSync(state);
    writeFileSync(join(state, 'services.sqlite'), 'former');
    if (format !== undefined) writeFileSync(join(state, 'format'), format);

    const former = openStateDirectory(state, NOW);

    expect(former).toBe(join(root, '.local-20261130180500000'));
    expect(readFileSync(join(root, '.local-20261130180500000/services.sqlite'), 'utf8')).toBe('former');
    expect(existsSync(join(state, 'services.sqlite'))).toBe(false);
    expect(readdirSync(root).sort()).toEqual(['.local', '.local-20261130180500000']);
  });
});
