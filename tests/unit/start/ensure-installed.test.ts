import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../../infra/ensure-installed.mjs', import.meta.url));
const RECORD = 'node_modules/.package-lock.json';

/** As in a lock file. The last one is for other machines. */
const PACKAGES = {
  'node_modules/node': { version: '24.0.0', integrity: 'sha512-node' },
  'node_modules/zod': { version: '4.0.0', integrity: 'sha512-zod' },
  'node_modules/zod/node_modules/nested': { version: '1.0.0', integrity: 'sha512-nested' },
  'node_modules/for-other-machines': { version: '1.0.0', integrity: 'sha512-other', optional: true },
};

/** Does to node_modules what `npm ci` does, in the same order, or only the first half of it. */
const NPM = `#!${process.execPath}
const { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
const behaviour = readFileSync('npm-behaviour', 'utf8');
if (behaviour === 'fails') process.exit(7);
rmSync('node_modules', { recursive: true, force: true });
const { packages: { '': project, ...locked } } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = Object.entries(locked).filter(([, { optional }]) => !optional);
for (const [path, { version }] of installed) {
  mkdirSync(path, { recursive: true });
  writeFileSync(path + '/package.json', JSON.stringify({ version }));
  if (behaviour === 'is killed') {
    process.kill(process.ppid, 'SIGKILL');
    process.kill(process.pid, 'SIGKILL');
  }
}
mkdirSync('node_modules/.bin');
if (behaviour !== 'runs no scripts') writeFileSync('node_modules/.bin/node', '');
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(installed) }));
`;

let project: string;
const inProject = (path: string) => join(project, path);

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'project-'));
  mkdirSync(inProject('bin'));
  writeFileSync(inProject('bin/npm'), NPM);
  chmodSync(inProject('bin/npm'), 0o755);
  lock(PACKAGES);
});

afterEach(() => rmSync(project, { recursive: true }));

function lock(packages: object): void {
  const content = { lockfileVersion: 3, packages: { '': { name: 'project' }, ...packages } };
  writeFileSync(inProject('package-lock.json'), JSON.stringify(content));
}

type Behaviour = 'installs' | 'is killed' | 'fails' | 'runs no scripts';

interface Run {
  /** Null if it was killed. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs the command where npm behaves like this. */
function run(npm: Behaviour = 'installs'): Promise<Run> {
  writeFileSync(inProject('npm-behaviour'), npm);
  const env = { PATH: [inProject('bin'), dirname(process.execPath)].join(delimiter) };
  return new Promise(resolve => {
    const child = execFile(process.execPath, [COMMAND], { cwd: project, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
}

function installs(): number {
  if (!existsSync(inProject('npm-calls'))) return 0;
  return readFileSync(inProject('npm-calls'), 'utf8').split('\n').length - 1;
}

describe('Before npm start and npm test, the pinned packages', () => {
  it('are installed if there are none', async () => {
    expect(await run()).toEqual({ code: 0, output: expect.stringContaining('Installing') });
    expect(readFileSync(inProject('npm-calls'), 'utf8')).toMatch(/^ci /);
    expect(existsSync(inProject('node_modules/zod/package.json'))).toBe(true);
  });

  it('are left alone while nothing changes, and nothing is said', async () => {
    await run();
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(installs()).toBe(1);
  });

  it('are left alone when files have new times but the same content, as after a checkout', async () => {
    await run();
    const inAnHour = new Date(Date.now() + 3_600_000);
    utimesSync(inProject('package-lock.json'), inAnHour, inAnHour);
    await run();
    expect(installs()).toBe(1);
  });

  it('are installed anew when the lock file has another version, however old it looks', async () => {
    await run();
    lock({ ...PACKAGES, 'node_modules/zod': { version: '4.0.1', integrity: 'sha512-zod' } });
    utimesSync(inProject('package-lock.json'), 0, 0);
    expect((await run()).output).toContain('node_modules/zod is not as locked');
    expect(installs()).toBe(2);
    expect(readFileSync(inProject('node_modules/zod/package.json'), 'utf8')).toContain('4.0.1');
  });

  it('are installed anew when the lock file has the same version with other content', async () => {
    await run();
    lock({ ...PACKAGES, 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-other' } });
    await run();
    expect(installs()).toBe(2);
  });

  it('are installed anew when the lock file has one more', async () => {
    await run();
    lock({ ...PACKAGES, 'node_modules/new': { version: '1.0.0', integrity: 'sha512-new' } });
    await run();
    expect(installs()).toBe(2);
  });

  it('are installed again after an install that was killed in the middle', async () => {
    expect((await run('is killed')).code).toBeNull();
    expect(existsSync(inProject('node_modules/node/package.json'))).toBe(true);
    expect((await run()).code).toBe(0);
    expect(existsSync(inProject('node_modules/zod/package.json'))).toBe(true);
    expect(installs()).toBe(2);
  });

  it('are installed again after a repair that was killed before it removed anything', async () => {
    await run();
    lock({ ...PACKAGES, 'node_modules/zod': { version: '4.0.1', integrity: 'sha512-zod' } });
    expect((await run('fails')).code).toBe(7);
    lock(PACKAGES);
    expect((await run()).output).toContain('no install has been completed');
  });

  it.each([
    'node_modules/zod',
    'node_modules/zod/node_modules/nested/package.json',
    'node_modules/.bin/node',
  ])('are installed again if %s is gone, though npm recorded it', async path => {
    await run();
    rmSync(inProject(path), { recursive: true });
    expect(await run()).toEqual({ code: 0, output: expect.stringContaining('is missing') });
    expect(existsSync(inProject(path))).toBe(true);
  });

  it.each([RECORD, 'node_modules/zod/package.json'])(
    'are installed again if %s was written only in part',
    async path => {
      await run();
      const content = readFileSync(inProject(path), 'utf8');
      writeFileSync(inProject(path), content.slice(0, content.length / 2));
      await run();
      expect(readFileSync(inProject(path), 'utf8')).toBe(content);
    },
  );

  it('are left alone after an install by hand', async () => {
    writeFileSync(inProject('npm-behaviour'), 'installs');
    const npm = inProject('bin/npm');
    await new Promise(resolve => execFile(npm, ['ci'], { cwd: project }, resolve));
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(installs()).toBe(1);
  });

  it('are not said to be there when npm fails', async () => {
    const { code, output } = await run('fails');
    expect(code).toBe(7);
    expect(output).toContain('npm ci failed');
  });

  it('are not said to be there when npm left the Node binary out', async () => {
    const { code, output } = await run('runs no scripts');
    expect(code).toBe(1);
    expect(output).toContain('npm ci succeeded, but node_modules/.bin/node is missing');
  });
});
