import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AssemblyOptions, assemblyDirectory, ensureAssembly } from '../../../infra/assembly.ts';
import { filesIn } from '../../../infra/files-in.ts';

const SOURCES = {
  'handlers/school/students.ts': 'export const handler = 1;',
  'infra/app.ts': 'new App();',
  'infra/workflows/refresh.asl.json': '{}',
  'infra/local/local-cloud.ts': 'export const startLocalCloud = 1;',
  'shared/errors.ts': 'export const errors = 1;',
  'web/styles.css': 'body {}',
  'web/page/fonts.woff2': 'font',
  'cdk.json': '{"context":{}}',
  'package.json': '{}',
  'package-lock.json': '{}',
  'tsconfig.json': '{}',
  'README.md': 'A school.',
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'project-'));
  for (const [file, content] of Object.entries(SOURCES)) write(file, content);
});

afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

/** Stands for the CDK app: writes an assembly that shows what it was made of. */
const synthesise = vi.fn(async (_root: string, directory: string, context: object) => {
  mkdirSync(join(directory, 'asset.1'), { recursive: true });
  writeFileSync(join(directory, 'StudentSite.template.json'), JSON.stringify(context));
  writeFileSync(join(directory, 'asset.1/index.mjs'), readFileSync(join(root, 'shared/errors.ts')));
});
beforeEach(() => void synthesise.mockClear());

const ensure = (options: AssemblyOptions = {}) => ensureAssembly({ root, synthesise, ...options });

/** Everything in a folder: contents by file. */
const contentsOf = (directory: string) =>
  Object.fromEntries(filesIn(directory).map(file => [file, readFileSync(join(directory, file), 'utf8')]));

const kept = () => readdirSync(join(root, 'cdk.out/kept'));

describe('The synthesised assembly', () => {
  it('is made once and then kept', async () => {
    const directory = await ensure();
    expect(await ensure()).toBe(directory);
    expect(synthesise).toHaveBeenCalledTimes(1);
    expect(contentsOf(directory)).toEqual({
      'StudentSite.template.json': '{}',
      'asset.1/index.mjs': SOURCES['shared/errors.ts'],
    });
  });

  it('has a path computed from its sources, known before it is made', async () => {
    expect(existsSync(assemblyDirectory({ root }))).toBe(false);
    expect(await ensure()).toBe(assemblyDirectory({ root }));
  });

  it('is announced before it is made, and only then', async () => {
    const onSynthesis = vi.fn(() => expect(synthesise).not.toHaveBeenCalled());
    await ensure({ onSynthesis });
    await ensure({ onSynthesis });
    expect(onSynthesis).toHaveBeenCalledTimes(1);
  });

  it.each(Object.keys(SOURCES).filter(file => file !== 'README.md' && !file.startsWith('infra/local/')))(
    'is made anew when %s changes',
    async file => {
      const before = await ensure();
      appendFileSync(join(root, file), ' ');
      expect(await ensure()).not.toBe(before);
      expect(synthesise).toHaveBeenCalledTimes(2);
    },
  );

  it.each(['README.md', 'infra/local/local-cloud.ts'])(
    'is not made anew when %s changes, which it is not made of',
    async file => {
      await ensure();
      appendFileSync(join(root, file), ' ');
      await ensure();
      expect(synthesise).toHaveBeenCalledTimes(1);
    },
  );

  it('is made anew when a source appears, disappears or is renamed', async () => {
    await ensure();
    write('web/new.html', 'new');
    await ensure();
    rmSync(join(root, 'web/new.html'));
    rmSync(join(root, 'web/page/fonts.woff2'));
    await ensure();
    write('web/page/renamed.woff2', SOURCES['web/page/fonts.woff2']);
    await ensure();
    expect(synthesise).toHaveBeenCalledTimes(4);
  });

  it('is the former one again if a change is reverted', async () => {
    const before = await ensure();
    write('web/styles.css', 'changed');
    await ensure();
    write('web/styles.css', SOURCES['web/styles.css']);
    expect(await ensure()).toBe(before);
    expect(synthesise).toHaveBeenCalledTimes(2);
  });

  it('is made anew when content moves from one file to the next', async () => {
    write('shared/a.ts', 'ab');
    write('shared/b.ts', 'c');
    await ensure();
    write('shared/a.ts', 'a');
    write('shared/b.ts', 'bc');
    await ensure();
    expect(synthesise).toHaveBeenCalledTimes(2);
  });

  it('is kept when sources have new times but the same content, as after a checkout', async () => {
    await ensure();
    for (const file of Object.keys(SOURCES)) utimesSync(join(root, file), 0, 0);
    await ensure();
    const inAnHour = new Date(Date.now() + 3_600_000);
    for (const file of Object.keys(SOURCES)) utimesSync(join(root, file), inAnHour, inAnHour);
    await ensure();
    expect(synthesise).toHaveBeenCalledTimes(1);
  });

  it('is another one for each set of context values, in whatever order they come', async () => {
    const plain = await ensure();
    const quick = await ensure({ context: { quietSeconds: '1', mailWhen: 'failed' } });
    const slow = await ensure({ context: { quietSeconds: '2', mailWhen: 'failed' } });
    expect(new Set([plain, quick, slow]).size).toBe(3);
    expect(await ensure({ context: { mailWhen: 'failed', quietSeconds: '1' } })).toBe(quick);
    expect(await ensure()).toBe(plain);
    expect(synthesise).toHaveBeenCalledTimes(3);
    expect(contentsOf(quick)).toMatchObject({
      'StudentSite.template.json': '{"quietSeconds":"1","mailWhen":"failed"}',
    });
  });

  it('is made anew for another version of Node', async () => {
    await ensure();
    vi.stubGlobal('process', Object.create(process, { version: { value: 'v99.0.0' } }));
    onTestFinished(() => void vi.unstubAllGlobals());
    await ensure();
    expect(synthesise).toHaveBeenCalledTimes(2);
  });

  it.each(['StudentSite.template.json', 'asset.1/index.mjs', 'asset.1'])(
    'is made anew when its %s is missing',
    async output => {
      const directory = await ensure();
      const whole = contentsOf(directory);
      rmSync(join(directory, output), { recursive: true });
      expect(contentsOf(await ensure())).toEqual(whole);
      expect(synthesise).toHaveBeenCalledTimes(2);
    },
  );

  it('is made anew when a file of it has other content, of the same length and age', async () => {
    const directory = await ensure();
    const file = join(directory, 'asset.1/index.mjs');
    const whole = readFileSync(file, 'utf8');
    utimesSync(file, 0, 0);
    writeFileSync(file, whole.replace('errors = 1', 'errors = 2'));
    utimesSync(file, 0, 0);
    expect(readFileSync(join(await ensure(), 'asset.1/index.mjs'), 'utf8')).toBe(whole);
    expect(synthesise).toHaveBeenCalledTimes(2);
  });

  it('is untouched by a synthesis by hand, and leaves that alone, too', async () => {
    const directory = await ensure();
    write('cdk.out/StudentSite.template.json', 'by hand');
    expect(await ensure()).toBe(directory);
    write('web/styles.css', 'changed');
    await ensure();
    expect(readFileSync(join(root, 'cdk.out/StudentSite.template.json'), 'utf8')).toBe('by hand');
  });

  it('is made again if a source is saved during the synthesis, because it may hold either version', async () => {
    synthesise.mockImplementationOnce(async (_, directory) => {
      mkdirSync(directory);
      writeFileSync(join(directory, 'StudentSite.template.json'), 'of the old styles, or of the new');
      write('web/styles.css', 'new');
    });
    const directory = await ensure();
    expect(synthesise).toHaveBeenCalledTimes(2);
    expect(directory).toBe(assemblyDirectory({ root }));
    expect(contentsOf(directory)).toMatchObject({ 'StudentSite.template.json': '{}' });
    expect(kept()).toHaveLength(1);
  });
});

describe('A synthesis that fails', () => {
  it('says why, keeps nothing, and is tried again', async () => {
    synthesise.mockImplementationOnce(async (_, directory) => {
      mkdirSync(directory);
      writeFileSync(join(directory, 'StudentSite.template.json'), 'half');
      throw new Error('AwsSolutions-S10');
    });
    await expect(ensure()).rejects.toThrow('AwsSolutions-S10');
    expect(kept()).toEqual([]);
    expect(contentsOf(await ensure())).toMatchObject({ 'StudentSite.template.json': '{}' });
  });

  it('leaves the former assembly as it is', async () => {
    const before = await ensure();
    write('web/styles.css', 'h1 {');
    synthesise.mockRejectedValueOnce(new Error('does not compile'));
    await expect(ensure()).rejects.toThrow('does not compile');
    write('web/styles.css', SOURCES['web/styles.css']);
    expect(await ensure()).toBe(before);
  });
});

describe('Several processes', () => {
  it('that want the same assembly at once all get a whole one', async () => {
    let [started, finished] = [0, 0];
    const all = Promise.withResolvers<void>();
    const slowly: typeof synthesise = vi.fn(async (...args) => {
      if (++started === 3) all.resolve();
      await all.promise;
      await synthesise(...args);
      finished++;
    });
    const directories = await Promise.all([1, 2, 3].map(() => ensure({ synthesise: slowly })));
    expect(finished).toBe(3);
    expect(new Set(directories).size).toBe(1);
    expect(Object.keys(contentsOf(directories[0] ?? ''))).toHaveLength(2);
    expect(kept()).toHaveLength(1);
    await ensure();
    expect(started).toBe(3);
  });

  it('replace a damaged assembly by one whole one', async () => {
    const directory = await ensure();
    rmSync(join(directory, 'asset.1'), { recursive: true });
    await Promise.all([ensure(), ensure()]);
    expect(Object.keys(contentsOf(directory))).toHaveLength(2);
    expect(kept()).toHaveLength(1);
  });
});

describe('Assemblies of the past', () => {
  const variant = (number: number) => ({ context: { number: String(number) } });

  /** An assembly that the process with this number works with, last used in this order. */
  async function usedBy(processId: number, number: number): Promise<string> {
    const directory = await ensure(variant(number));
    const users = join(directory, '../used-by');
    for (const name of readdirSync(users)) rmSync(join(users, name));
    writeFileSync(join(users, String(processId)), '');
    utimesSync(users, number, number);
    return directory;
  }

  async function endedProcess(): Promise<number> {
    const child = spawn(process.execPath, ['--version']);
    await once(child, 'close');
    return child.pid ?? 0;
  }

  it('are removed when no process uses them, but for the last three', async () => {
    const ended = await endedProcess();
    const directories = [];
    for (const number of [1, 2, 3, 4, 5]) directories.push(await usedBy(ended, number));
    const current = await ensure(variant(6));
    expect(directories.map(existsSync)).toEqual([false, false, true, true, true]);
    expect(existsSync(current)).toBe(true);
  });

  it('stay while a process uses them, however many they are', async () => {
    const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void running.kill());
    const directories = [];
    for (const number of [1, 2, 3, 4, 5]) directories.push(await usedBy(running.pid ?? 0, number));
    await ensure(variant(6));
    expect(directories.map(existsSync)).toEqual([true, true, true, true, true]);
  });

  it('that were never finished, because their process was killed, are removed', async () => {
    const unfinished = join(root, 'cdk.out/kept/unfinished-1');
    mkdirSync(join(unfinished, 'assembly'), { recursive: true });
    mkdirSync(join(unfinished, 'used-by'));
    writeFileSync(join(unfinished, 'used-by', String(await endedProcess())), '');
    await ensure();
    expect(existsSync(unfinished)).toBe(false);
  });

  it('that are being made by another process stay', async () => {
    const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void running.kill());
    const unfinished = join(root, 'cdk.out/kept/unfinished-1');
    mkdirSync(join(unfinished, 'used-by'), { recursive: true });
    writeFileSync(join(unfinished, 'used-by', String(running.pid)), '');
    await ensure();
    expect(existsSync(unfinished)).toBe(true);
  });
});
