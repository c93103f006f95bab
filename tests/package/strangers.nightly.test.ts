import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesIn } from '../../infra/files-in.ts';
import { buildPackage } from '../../infra/package/build.ts';
import { ATTACHING, withoutPlaces } from '../helpers/attachment-options.ts';
import { readTemplate, resourcesOf, synthesised } from '../helpers/templates.ts';
import { stranger } from './stranger.ts';

/** npm and npx as installed, with the Node of these tests. */
const run = (command: string, args: readonly string[], cwd: string) =>
  promisify(execFile)(
    'sh',
    ['-c', 'PATH="$0:$PATH" exec "$@"', dirname(process.execPath), command, ...args],
    { cwd },
  );

const folder = mkdtempSync(join(tmpdir(), 'strangers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const built = await buildPackage({ output: join(folder, 'dist') });

/** The examples of this repository, as somebody writes them who has installed the package. */
const EXAMPLES = join(import.meta.dirname, '../../infra/examples');
const HANDLERS = join(EXAMPLES, 'commit-status');
const examples = readdirSync(EXAMPLES)
  .filter(file => file.endsWith('.ts'))
  .map(file => {
    const source = readFileSync(join(EXAMPLES, file), 'utf8');
    return [
      file,
      source.replaceAll(/'\.\.\/constructs\/pipeline\/[\w-]+\.ts'/g, "'cloudfront-auto-invalidation'"),
    ];
  });

interface App {
  readonly manifest: object;
  readonly compilerOptions: object;
  /** What npm installs beside the package. */
  readonly packages: readonly string[];
  /** What starts a TypeScript file. */
  readonly runner: string;
}

/** As `cdk init` made them. */
const STRICT = { target: 'ES2022', lib: ['es2022'], declaration: true, strict: true, noEmit: true };

const OF_TODAY: Omit<App, 'manifest'> = {
  compilerOptions: { ...STRICT, module: 'NodeNext', skipLibCheck: true, isolatedModules: true },
  packages: [
    ...['aws-cdk-lib@^2', 'constructs@^10', 'aws-cdk@2'],
    ...['typescript@~7.0.2', 'tsx@4', '@types/node@24'],
  ],
  runner: 'npx tsx',
};

const APPS: Readonly<Record<string, App>> = {
  'of 2024, with the lowest peers: TypeScript 5.6, ts-node, resolution as of old, libraries checked': {
    manifest: {},
    compilerOptions: { ...STRICT, module: 'commonjs', moduleResolution: 'node10', types: ['node'] },
    packages: [
      ...['aws-cdk-lib@2.271.0', 'constructs@10.5.0', 'aws-cdk@2.1148.1'],
      ...['typescript@5.6.3', 'ts-node@10.9.2', '@types/node@22.7.9'],
    ],
    runner: 'npx ts-node',
  },
  'of today, with the newest peers: CommonJS': { ...OF_TODAY, manifest: {} },
  'of today, with the newest peers: ES modules': { ...OF_TODAY, manifest: { type: 'module' } },
};

/** Installs the tarball and all else from npm's registry. */
async function install(name: string, { manifest, compilerOptions, packages }: App): Promise<string> {
  const app = join(folder, name.replaceAll(/\W+/g, '-'));
  const files = {
    'package.json': JSON.stringify({ name: 'app', private: true, ...manifest }),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['bin'] }),
    'cdk.json': JSON.stringify({}),
    ...Object.fromEntries(examples.map(([file, source]) => [`bin/${file}`, source])),
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(app, file)), { recursive: true });
    writeFileSync(join(app, file), content ?? '');
  }
  // What an example reads is found from the folder in which the CDK is called.
  cpSync(HANDLERS, join(app, 'infra/examples/commit-status'), { recursive: true });
  await run('npm', ['install', '--no-audit', '--no-fund', built.tarball, ...packages], app);
  return app;
}

const apps = Object.entries(APPS).map(([name, app]) => ({ ...app, name, installed: install(name, app) }));

describe.each(apps)('An app $name', ({ installed, runner }) => {
  it('gets no package but those that it names and their own', async () => {
    const lock = JSON.parse(readFileSync(join(await installed, 'package-lock.json'), 'utf8'));
    const own = lock.packages['node_modules/cloudfront-auto-invalidation'];
    expect(own).not.toHaveProperty('dependencies');
    const copies = Object.keys(lock.packages).filter(path => path.endsWith('node_modules/aws-cdk-lib'));
    expect(copies).toEqual(['node_modules/aws-cdk-lib']);
  });

  it('compiles every example', async () => {
    const { stdout } = await run('npx', ['tsc', '--project', '.'], await installed);
    expect(stdout).toBe('');
  });

  it.each(examples.map(([file = '']) => file))('synthesises %s without feature flags', async file => {
    const output = `cdk.out/${file}`;
    const cwd = await installed;
    await run('npx', ['cdk', 'synth', '--quiet', '--app', `${runner} bin/${file}`, '--output', output], cwd);
    const [template, ...others] = filesIn(join(cwd, output)).filter(each => each.endsWith('.template.json'));
    expect(others).toEqual([]);
    const machines = resourcesOf(
      readTemplate(join(cwd, output, String(template))),
      'AWS::StepFunctions::StateMachine',
    );
    expect(machines).toHaveLength(file === 'two-pipelines.ts' ? 2 : 1);
  });
});

describe('The program, asked for a template twice', () => {
  const outs = ['first', 'second'].map(name => join(folder, name));

  // Beside the CDK of this repository: another version may make another template.
  const opened = stranger(built.tarball, {});
  afterAll(async () => (await opened).remove());

  beforeAll(async () => {
    const cwd = (await opened).folder;
    const program = join(cwd, 'node_modules/cloudfront-auto-invalidation/lib/cli/cli.mjs');
    for (const out of outs) await run('node', [program, 'template', '--out', out, ...ATTACHING], cwd);
  });

  it('writes what cdk deploy makes', () => {
    const written = readTemplate(join(folder, 'first/template.json'));
    expect(withoutPlaces(written)).toEqual(withoutPlaces(synthesised('AutoInvalidation')));
  });

  it('writes the same bytes', () => {
    const [one, other] = outs.map(out =>
      filesIn(out).map(file => [file, readFileSync(join(out, file)).toString('base64')]),
    );
    expect(one).not.toEqual([]);
    expect(other).toEqual(one);
  });
});

it('A second build makes the same bytes', async () => {
  const again = await buildPackage({ output: join(folder, 'again') });
  expect(readFileSync(again.tarball).equals(readFileSync(built.tarball))).toBe(true);
});
