import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ensureAssembly } from '../../infra/assembly.ts';
import { readOptions } from '../../infra/local/dev/options.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A copy of the project, because a user edits its files. */
let project: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'student-site-project-'));
  const kept = relative(ROOT, await ensureAssembly({ context: readOptions([])?.context ?? {} }));
  const sources = ['handlers', 'infra', 'shared', 'web'];
  const files = ['cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];
  for (const name of [...sources, ...files, dirname(kept)]) {
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

afterAll(() => rmSync(project, { recursive: true }));

it('saving a source makes the site serve it, says so and mails the report; later starts continue from there, and synthesise only after a change', async () => {
  const first = start();
  const site = await first.find(/Site {3}(\S+)/);
  const inbox = await first.find(/Inbox {2}(\S+)/);
  await first.find(/(mail to site-owner@example\.com)/);

  appendFileSync(join(project, 'web/styles.css'), '\n.saved-by-a-user { color: red }\n');
  await first.find(/(styles\.css changed)/);
  await first.find(/(1 path {2}\/styles\.css)/);
  await first.find(/(edge verified)[\s\S]*edge verified/);
  await first.find(/mail to site-owner@example\.com: (Fresh: styles\.css)/);
  expect(await text(`${site}/styles.css`)).toContain('.saved-by-a-user');
  expect(await text(`${inbox}/store`)).toContain('Fresh: styles.css');
  expect(await first.interrupt()).toBe(0);
  expect(first.output()).not.toContain('Synthesising');

  const second = start();
  expect(await text(`${await second.find(/Site {3}(\S+)/)}/styles.css`)).toContain('.saved-by-a-user');
  expect(await text(`${await second.find(/Inbox {2}(\S+)/)}/store`)).toContain('Fresh: styles.css');
  expect(await second.interrupt()).toBe(0);
  expect(second.output()).toContain('Synthesising');

  const third = start();
  expect(await text(`${await third.find(/Site {3}(\S+)/)}/styles.css`)).toContain('.saved-by-a-user');
  expect(await third.interrupt()).toBe(0);
  expect(third.output()).not.toContain('Synthesising');
});

it('a taken port is refused with advice, before the template is synthesised', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;

  const refused = start('--ephemeral', '--inbox-port', String(port));
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toContain(`Port ${port} is taken`);
  expect(refused.output()).toContain('--inbox-port');
  expect(refused.output()).not.toContain('Synthesising');
  other.close();
});

it.each([
  [['--site-port', 'eighty'], '--site-port takes a port from 0 to 65535, not eighty'],
  [['--epehmeral'], "Unknown option '--epehmeral'"],
  [['-c', 'quietSeconds=0'], 'Too small: expected number to be >=1\n  → at quietSeconds'],
])('%j is refused with its reason', async (options, reason) => {
  const refused = start(...options);
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toContain(reason);
});

/** `npm start` without npm, on free ports. */
function start(...options: string[]) {
  const free = ['--site-port', '0', '--api-port', '0', '--inbox-port', '0', '--aws-port', '0'];
  const child = spawn(process.execPath, ['infra/local/dev/main.ts', ...free, ...options], { cwd: project });
  running.add(child);
  let output = '';
  const listeners = new Set<() => void>();
  const collect = (chunk: Buffer) => {
    output += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  void ended.then(() => running.delete(child));

  return {
    ended,
    output: () => output,
    /** The first group of a pattern, once the output matches it. */
    async find(pattern: RegExp): Promise<string> {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = () => {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      };
      listeners.add(look);
      void ended.then(() => reject(new Error(`Ended without ${pattern}:\n${output}`)));
      look();
      return promise.finally(() => listeners.delete(look));
    },
    /** Ctrl-C; answers the exit code. */
    interrupt(): Promise<number | null> {
      child.kill('SIGINT');
      return ended;
    },
  };
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}
