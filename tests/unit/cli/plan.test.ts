import { spawn } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../../infra/cli/main.ts';
import { explainPlan } from '../../../shared/planning/explain.ts';
import { type PlanRequest, targetsOf } from '../../../shared/planning/plan.ts';
import { planByListing } from '../../../shared/planning/plan-by-listing.ts';
import { folderOf } from '../../helpers/folders.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { runCommand } from '../../helpers/run-command.ts';

const COMMAND = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));

const plan = (args: readonly string[], input = '') => runCommand(main, ['plan', ...args], { input });

async function reportOf(args: readonly string[], input = '') {
  const { exitCode, printed, complaint } = await plan([...args, '--json'], input);
  expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' });
  return JSON.parse(printed);
}

/** What the planner itself says. */
async function planned(details: Partial<PlanRequest>) {
  const request = { ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: [], ...details };
  const site = listingOf(request.siteKeys);
  const answer = await planByListing(targetsOf(request), request, { site, maxListRequests: 2000 });
  return { ...answer, explain: explainPlan(answer, request) };
}

const listOf = (keys: readonly string[]) => join(folderOf({ list: keys.join('\n') }), 'list');

/** Names that fit beside one another in a folder, sorted as keys are. */
const NAMES = [
  'Phạm.txt',
  'a\\b',
  'deep/er/50%25.txt',
  'docs/a b.txt',
  'docs/index.html',
  'index.html',
  '~x (1).js',
];

describe('npm run plan with two folders', () => {
  it('is the plan of what was added, removed or overwritten', async () => {
    const from = folderOf({
      'index.html': 'old',
      'gone/a.css': '',
      'same.css': 'same',
      'docs/index.html': '1',
    });
    const to = folderOf({
      'index.html': 'new',
      'new/~b.css': '',
      'same.css': 'same',
      'docs/index.html': '22',
    });
    const changedKeys = ['docs/index.html', 'gone/a.css', 'index.html', 'new/~b.css'];
    const siteKeys = ['docs/index.html', 'index.html', 'new/~b.css', 'same.css'];
    const expected = await planned({ changedKeys, siteKeys });
    expect(await reportOf(['--from', from, '--to', to])).toEqual({
      ...expected,
      changed: changedKeys,
      requested: [],
      freePathsLeft: 1000 - expected.paths.length,
      everything: { needlessPurges: 1, costUsd: 0 },
    });
  });

  it('finds exactly the files that differ', async () => {
    const anyFolder = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('', 'one', 'two', 'three'));
    await fc.assert(
      fc.asyncProperty(anyFolder, anyFolder, async (before, after) => {
        const { changed } = await reportOf(['--from', folderOf(before), '--to', folderOf(after)]);
        expect(changed).toEqual(NAMES.filter(name => before[name] !== after[name]));
      }),
      { numRuns: 40 },
    );
  });

  it('finds a difference anywhere in a large file', async () => {
    const large = 'x'.repeat(1_000_000);
    const from = folderOf({ start: large, middle: large, end: large, same: large });
    const to = folderOf({
      start: `y${large.slice(1)}`,
      middle: `${large.slice(0, 500_000)}y${large.slice(500_001)}`,
      end: `${large.slice(1)}y`,
      same: large,
    });
    expect((await reportOf(['--from', from, '--to', to])).changed).toEqual(['end', 'middle', 'start']);
  });

  it.each(['docs', 'docs/'])('puts the prefix %s before every key', async prefix => {
    const [from, to] = [folderOf({ 'a.css': '1', 'b.css': '' }), folderOf({ 'a.css': '2', 'b.css': '' })];
    expect(await reportOf(['--from', from, '--to', to, '--prefix', prefix])).toMatchObject(
      await planned({ changedKeys: ['docs/a.css'], siteKeys: ['docs/a.css', 'docs/b.css'] }),
    );
  });

  it('refuses a symbolic link, in either folder, although it leads to a file', async () => {
    const [plain, linked] = [folderOf({ a: '' }), folderOf({ 'docs/a': '' })];
    symlinkSync(join(linked, 'docs/a'), join(linked, 'docs/link'));
    for (const [from, to] of [[plain, linked] as const, [linked, plain] as const]) {
      const { exitCode, complaint } = await plan(['--from', from, '--to', to]);
      expect(exitCode).toBe(2);
      expect(complaint).toContain(`${join(linked, 'docs/link')} is a symbolic link`);
    }
  });

  it.runIf(process.platform === 'linux')('refuses a name that cannot be a key', async () => {
    const folder = folderOf({ '\uFFFD': 'this one can' });
    expect((await reportOf(['--from', folderOf({}), '--to', folder])).changed).toEqual(['\uFFFD']);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]), '');
    const { exitCode, complaint } = await plan(['--from', folderOf({}), '--to', folder]);
    expect(exitCode).toBe(2);
    expect(complaint).toContain(`The name of ${folder}/a\uFFFD is not UTF-8`);
  });
});

describe('npm run plan with two lists', () => {
  const siteKeys = ['a.css', 'docs/50%25.txt', 'docs/a+b.txt', 'docs/index.html', ' spaced '];
  const changedKeys = ['docs/50%25.txt', 'docs/a+b.txt', ' spaced '];
  const expected = planned({ changedKeys, siteKeys });

  it.each([
    ['', '\n'],
    ['\uFEFF', '\r\n'],
    ['\n', '\n\n\n'],
  ])('takes keys as they are, after %j and with %j between them', async (start, end) => {
    const textOf = (keys: readonly string[]) => `${start}${keys.join(end)}${end}${keys[0]}`;
    const folder = folderOf({ changed: textOf(changedKeys), inventory: textOf(siteKeys) });
    const [changed, inventory] = [join(folder, 'changed'), join(folder, 'inventory')];
    expect(await reportOf(['--changed', changed, '--inventory', inventory])).toMatchObject(await expected);
  });

  it('reads either of them from standard input', async () => {
    const [changed, inventory] = [listOf(changedKeys), listOf(siteKeys)];
    for (const [input, options] of [
      [changedKeys, ['--changed', '-', '--inventory', inventory]],
      [siteKeys, ['--changed', changed, '--inventory', '-']],
    ] as const) {
      expect(await reportOf(options, input.join('\n'))).toMatchObject(await expected);
    }
  });
});

describe('npm run plan', () => {
  const pages = Array.from({ length: 12 }, (_, index) => `docs/page-${index}.html`);
  const siteKeys = [...pages, 'index.html'];
  const changedKeys = pages.filter((_, index) => index % 2 === 0);
  const planOf = async (changedKeys: readonly string[], ...options: string[]) =>
    reportOf(['--changed', '-', '--inventory', listOf(siteKeys), ...options], changedKeys.join('\n'));

  it.each<{ options: string[]; details: Partial<PlanRequest> }>([
    { options: ['--origin-path', '/docs'], details: { urls: { ...PLANNING.urls, originPath: '/docs' } } },
    { options: ['--extensionless'], details: { urls: { ...PLANNING.urls, extensionless: true } } },
    {
      options: ['--root-object', 'home.html'],
      details: { urls: { ...PLANNING.urls, rootObject: 'home.html' } },
    },
    { options: ['--query-strings'], details: { urls: { ...PLANNING.urls, cachesQueryStrings: true } } },
    { options: ['--no-extensionless'], details: {} },
    { options: ['--used', '990'], details: { prices: { ...PLANNING.prices, freePaths: 10 } } },
    { options: ['--used', '2000'], details: { prices: { ...PLANNING.prices, freePaths: 0 } } },
    { options: ['--free-paths', '3'], details: { prices: { ...PLANNING.prices, freePaths: 3 } } },
    {
      options: ['--free-paths', '3', '--used', '1', '--path-price', '1', '--refetch-price', '5.5'],
      details: { prices: { path: 1, refetch: 5.5, freePaths: 2 } },
    },
    {
      options: ['--free-paths', '0', '--path-price', '1', '--max-needless', '0'],
      details: { prices: { ...PLANNING.prices, path: 1, freePaths: 0 }, maxNeedlessPurges: 0 },
    },
    {
      options: ['--requested', '/docs/*', '--requested', '/x', '--requested', '/x'],
      details: { requestedPaths: ['/docs/*', '/x'] },
    },
  ])('plans under $options', async ({ options, details }) => {
    expect(await planOf(changedKeys, ...options)).toMatchObject({
      ...(await planned({ changedKeys, siteKeys, ...details })),
      requested: details.requestedPaths ?? [],
    });
  });

  it('is a single wildcard, with the reason, once the month’s limit on paths would be exceeded', async () => {
    const keys = ['docs/a.css', 'docs/b.css', 'other.css'];
    const lists = ['--changed', listOf(keys.slice(0, 2)), '--inventory', listOf(keys)];
    const beyond = [...lists, '--max-paths', '10', '--used', '9', '--refetch-price', '1'];
    expect(await reportOf(beyond)).toMatchObject({
      paths: ['/docs/*'],
      cap: { limit: 10, used: 9, paths: 2 },
    });
    expect((await plan(beyond)).printed).toContain(
      '--max-paths 10 a month, of which 9 are used: one path is asked for instead of 2',
    );
    expect(await reportOf([...beyond, '--used', '8'])).not.toHaveProperty('cap');
  });

  it('prints how many free paths are left, never fewer than none', async () => {
    const { paths, costUsd } = await planOf(['index.html'], '--used', '999');
    expect((await planOf(['index.html'], '--used', '999')).freePathsLeft).toBe(Math.max(0, 1 - paths.length));
    expect(costUsd).toBeCloseTo((paths.length - 1) * 0.005);
    const first = await planOf(['index.html'], '--used', '0');
    expect(first.freePathsLeft).toBe(1000 - first.paths.length);
  });

  it('plans nothing when nothing changed', async () => {
    expect(await planOf([])).toMatchObject({ paths: [], changed: [], costUsd: 0, freePathsLeft: 1000 });
  });

  it('prints a table by default', async () => {
    const [from, to] = [folderOf({ a: '1' }), folderOf({ a: '2' })];
    const { exitCode, printed } = await plan(['--from', from, '--to', to]);
    expect(exitCode).toBe(0);
    expect(printed).toMatch(
      /^Path +Needless purges +Why\n.*1 file: a\n\n1 path for 1 changed file \(1 URL\)/,
    );
  });

  it('explains its usage with --help', async () => {
    const { exitCode, printed } = await plan(['--help']);
    expect(exitCode).toBe(0);
    expect(printed).toContain('npm run plan -- --from <folder> --to <folder>');
    expect(printed).toContain('--inventory <file>');
  });

  const [folder, nowhere] = [import.meta.dirname, join(import.meta.dirname, 'nowhere')];
  const FOLDERS = ['--from', folder, '--to', folder];
  it.each([
    { args: [], reason: 'What changes? Give --from and --to, or --changed and --inventory' },
    { args: ['--form', folder], reason: "Unknown option '--form'\n(Did you mean --from?)" },
    { args: [folder, folder], reason: 'Too many arguments' },
    { args: ['--from', folder], reason: 'Give --from and --to' },
    { args: ['--prefix', 'docs'], reason: 'Give --from and --to' },
    { args: ['--changed', COMMAND], reason: '--changed and --inventory' },
    {
      args: [...FOLDERS, '--changed', COMMAND],
      reason: "Option '--from <folder>' cannot be used with option '--changed <file>'",
    },
    {
      args: ['--changed', COMMAND, '--inventory', COMMAND, '--prefix', 'docs'],
      reason: "Option '--prefix <prefix>' cannot be used with option '--changed <file>'",
    },
    { args: ['--changed', '-', '--inventory', '-'], reason: 'Only one of' },
    { args: ['--from', folder, '--to', nowhere], reason: `There is no folder ${nowhere}` },
    { args: ['--from', COMMAND, '--to', folder], reason: `There is no folder ${COMMAND}` },
    { args: ['--changed', nowhere, '--inventory', COMMAND], reason: nowhere },
    {
      args: [...FOLDERS, '--prefix', '/docs'],
      reason: "'--prefix <prefix>' argument '/docs' is invalid. It must not begin with /",
    },
    {
      args: [...FOLDERS, '--origin-path', 'docs'],
      reason: "'--origin-path <path>' argument 'docs' is invalid. It must be empty, or begin with /",
    },
    {
      args: [...FOLDERS, '--requested', '/a b'],
      reason: "'--requested <path...>' argument '/a b' is invalid. Unsafe",
    },
    {
      args: [...FOLDERS, '--used', '1.5'],
      reason: "'--used <count>' argument '1.5' is invalid. It must be a whole number, 0 or more",
    },
    {
      args: [...FOLDERS, '--max-needless='],
      reason: "'--max-needless <count>' argument '' is invalid. It must be a whole number",
    },
    { args: [...FOLDERS, '--free-paths', '9'.repeat(17)], reason: 'It must be a whole number' },
    {
      args: [...FOLDERS, '--path-price', 'free'],
      reason: "'--path-price <usd>' argument 'free' is invalid. It must be US dollars",
    },
    {
      args: [...FOLDERS, '--refetch-price=-1'],
      reason: "'--refetch-price <usd>' argument '-1' is invalid. It must be US dollars",
    },
  ])('refuses $args, and says what to do', async ({ args, reason }) => {
    const { exitCode, printed, complaint } = await plan(args);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
    expect(complaint).toContain(reason);
    expect(complaint).toContain('npm run plan -- --help explains the options');
  });

  it.each([
    { what: 'a plan', args: ['--changed', '-', '--inventory', COMMAND, '--json'], exitCode: 0 },
    { what: 'trouble', args: ['--changed', '-'], exitCode: 2 },
  ])('as a process without AWS ends with $exitCode on $what', async ({ args, exitCode }) => {
    const command = spawn(process.execPath, [COMMAND, 'plan', ...args], { env: {} });
    onTestFinished(() => void command.kill());
    command.stdin.on('error', () => undefined).end('docs/a.html\n');
    const ended = new Promise(resolve => command.on('close', resolve));
    const [printed, complaints] = await Promise.all([text(command.stdout), text(command.stderr)]);
    expect(await ended).toBe(exitCode);
    if (exitCode === 0) expect(JSON.parse(printed).changed).toEqual(['docs/a.html']);
    else expect(complaints).toContain('What changes?');
  });
});
