import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { main } from '../../../infra/cli/main.ts';
import { folderOf } from '../../helpers/folders.ts';
import { runCommand } from '../../helpers/run-command.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'infra/cli/main.ts');

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const commands = Object.entries(scripts).filter(([, script]) => script.startsWith('node infra/cli/main.ts '));

const run = (...args: string[]) => runCommand(main, args);

describe('The command line', () => {
  it.each([[[]], [['--help']], [['-h']]])('names every command and the exit codes for %j', async args => {
    const { exitCode, printed } = await run(...args);
    expect(exitCode).toBe(0);
    expect([...printed.matchAll(/^ {2}npm run (\w+)/gm)].map(([, name]) => name)).toEqual(
      commands.map(([name]) => name),
    );
    expect(printed).toContain('Exit codes: 0');
  });

  it.each(commands)('has npm run %s, which explains itself', async (name, script) => {
    expect(script).toBe(`node infra/cli/main.ts ${name}`);
    const { exitCode, printed, complaint } = await run(name, '--help');
    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' });
    expect(printed).toContain(`Usage: npm run ${name} -- `);
    expect(printed).toContain('--json');
  });

  it.each(['renew', 'toString', ''])(
    'refuses the command %j with 2 and names those there are',
    async name => {
      const { exitCode, printed, complaint } = await run(name);
      expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
      expect(complaint).toContain(`Unknown command '${name}'`);
      expect(complaint).toContain('npm run status');
    },
  );

  it.each([
    [['statsu'], "Unknown command 'statsu'\n(Did you mean status?)"],
    [['--hlep'], "Unknown option '--hlep'\n(Did you mean --help?)"],
    [['status', '--limt', '5'], "Unknown option '--limt'\n(Did you mean --limit?)"],
    [['status', '--lokal'], '(Did you mean --local?)'],
    [['refresh', '--path', '/*'], '(Did you mean --paths?)'],
    [['wait', '--for', `a.html=${'0'.repeat(32)}`, '--timout', '5m'], '(Did you mean --timeout?)'],
    [['plan', '--requestd', '/*'], '(Did you mean --requested?)'],
    [['pause', '--raeson', 'x'], '(Did you mean --reason?)'],
    [['redrive', '--dryrun'], '(Did you mean --dry-run?)'],
    [['restore', '--from', 'latest', '--overwite'], '(Did you mean --overwrite?)'],
    [['doctor', '--befor'], '(Did you mean --before?)'],
  ])('suggests what %j may have meant, and tries nothing', async (args, suggestion) => {
    const { exitCode, printed, complaint } = await run(...args);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
    expect(complaint).toContain(suggestion);
    expect(complaint).toMatch(/^(?:npm run \w+ -- --help explains the options\.|Usage: npm run COMMAND)/m);
  });

  it.each(['0', '101', '1.5', '-1', '', 'ten'])('refuses --limit %j and names the range', async limit => {
    expect(await run('status', '--limit', limit)).toMatchObject({
      exitCode: 2,
      printed: '',
      complaint: expect.stringContaining(
        `Option '--limit <count>' argument '${limit}' is invalid. It must be a whole number from 1 to 100.`,
      ),
    });
  });

  it('names every wrong setting of attach as it was typed, with what it must be', async () => {
    const given = ['--bucket', 'site', '--distribution', 'E1', '--notify', 'nobody', '-c', 'quietSeconds=0'];
    expect(await run('attach', ...given)).toEqual({
      exitCode: 2,
      printed: '',
      complaint: [
        '--distribution E1: must be the id of a distribution, such as E2EXAMPLE1ABCD',
        '--notify nobody: Invalid email address',
        '-c quietSeconds=0: Too small: expected number to be >=1',
      ].join('\n'),
    });
  });

  it.each(['0s', '15', '1d', '-1m', '1.5h', ''])('refuses --timeout %j and shows how', async timeout => {
    for (const command of [
      ['wait', '--for', `a.html=${'0'.repeat(32)}`],
      ['refresh', '/*', '--wait'],
    ])
      expect(await run(...command, '--timeout', timeout)).toMatchObject({
        exitCode: 2,
        complaint: expect.stringContaining('It must be a time such as 90s, 15m or 2h.'),
      });
  });
});

/** As a process whose stdout is a pipe. */
const piped = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>(resolve =>
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    ),
  );

it.each([
  ['status', [], 'Sign in as for the AWS CLI, or use --local for the local cloud.'],
  ['detach', ['--yes'], 'Sign in as for the AWS CLI.'],
  [
    'attach',
    ['--bucket', 'site', '--distribution', 'E2EXAMPLE1ABCD', '--notify', 'owner@example.com', '--yes'],
    'Sign in, and look who you are: aws sts get-caller-identity --region us-east-1',
  ],
])('%s without credentials says how to get some, and ends with 1', async (command, args, advice) => {
  const { code, stdout, stderr } = await piped([command, ...args], {
    HOME: import.meta.dirname,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  expect({ code, told: stdout + stderr }).toEqual({ code: 1, told: expect.stringContaining(advice) });
});

describe('The terminal', () => {
  it.each([50, 70])('has help wrapped to its %i columns', async columns => {
    const { printed } = await runCommand(main, ['status', '--help'], { columns });
    const options = printed.slice(printed.indexOf('Options:'), printed.indexOf('Prices'));
    expect(
      Math.max(
        ...stripVTControlCharacters(options)
          .split('\n')
          .map(line => stringWidth(line)),
      ),
    ).toBeLessThanOrEqual(columns);
  });

  const plan = () => ['plan', '--from', folderOf({ 'a.html': '1' }), '--to', folderOf({ 'a.html': '2' })];

  it('has no colours when it is a pipe', async () => {
    const { stdout } = await piped(plan(), {});
    expect(stdout).toMatch(/^Path +Needless purges/);
    expect(stdout).toBe(stripVTControlCharacters(stdout));
  });

  it('has colours in a pipe with FORCE_COLOR, and the same text', async () => {
    const args = plan();
    const [forced, plain] = await Promise.all([piped(args, { FORCE_COLOR: '1' }), piped(args, {})]);
    expect(forced.stdout).not.toBe(plain.stdout);
    expect(stripVTControlCharacters(forced.stdout)).toBe(plain.stdout);
  });

  it('has errors in colour with FORCE_COLOR alone', async () => {
    const [forced, plain] = await Promise.all([piped(['plan'], { FORCE_COLOR: '1' }), piped(['plan'], {})]);
    expect(plain.stderr).toMatch(/^What changes\?/);
    expect(forced.stderr).not.toBe(plain.stderr);
    expect(stripVTControlCharacters(forced.stderr)).toBe(plain.stderr);
  });
});
