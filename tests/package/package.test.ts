import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { unpackFunctions } from '../../infra/assets/archive.ts';
import { PIPELINE_COMMANDS } from '../../infra/cli/pipeline-commands.ts';
import { filesIn } from '../../infra/files-in.ts';
import { buildPackage } from '../../infra/package/build.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { deployedCode, notPermissive, packageOf } from '../helpers/bundles.ts';
import { documentNamed } from '../helpers/documents.ts';
import { buildAttachment, resourcesOf, synthesised, templateOf } from '../helpers/templates.ts';
import { stranger } from './stranger.ts';

const output = mkdtempSync(join(tmpdir(), 'dist-'));
const built = await buildPackage({ output });
const inPackage = (file: string) => join(output, 'package', file);

afterAll(() => rmSync(output, { recursive: true }));

const functions = () => unpackFunctions(readFileSync(inPackage('lib/assets/functions.json.br')));

/** What the README of the package tells its readers to write. */
const README_APP = /^```ts\n(.*?)^```$/ms.exec(documentNamed('infra/package/npm/README.md').text)?.[1] ?? '';

/** As `cdk init app --language typescript` of the pinned CDK has it, without its test framework. */
const TSCONFIG = readFileSync(
  join(import.meta.dirname, '../../node_modules/aws-cdk/lib/init-templates/app/typescript/tsconfig.json'),
  'utf8',
).replace(/"jest",\s*/, '');

describe('The tarball', () => {
  it('holds the constructs, the commands, the code of the functions and its documents, nothing else', () => {
    const expected = [
      /^lib\/constructs\/index\.(?:js|d\.ts)$/,
      /^lib\/cli\/[\w.-]+\.mjs$/,
      /^lib\/assets\/(?:functions\.json\.br|refresh\.asl\.json)$/,
      /^(?:API|CHANGELOG|README|RUNBOOK)\.md$/,
      /^(?:LICENSE|NOTICES\.txt|package\.json)$/,
    ];
    expect(built.files.filter(file => !expected.some(each => each.test(file)))).toEqual([]);
    const unused = expected.filter(each => !built.files.some(file => each.test(file)));
    expect(unused).toEqual([]);
  });

  it('is made of nothing of the school, of the local cloud, or under a licence that asks for more', () => {
    expect(built.inputs).toContain('infra/constructs/pipeline/auto-invalidation.ts');
    const foreign = /(?:^|\/)school\/|student|^infra\/local\/|^web\/|^tests\/|@cloud-copilot/;
    expect(built.inputs.filter(file => foreign.test(file))).toEqual([]);
    expect(notPermissive(built.inputs)).toEqual([]);
  });

  it('is at most 1.5 MB, and the constructs in it 60 KB', () => {
    expect(built.packedBytes).toBeLessThanOrEqual(1_500_000);
    expect(statSync(inPackage('lib/constructs/index.js')).size).toBeLessThanOrEqual(60_000);
  });

  it('asks for nothing but its peers, by caret', () => {
    const manifest = JSON.parse(readFileSync(inPackage('package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest.peerDependencies).toEqual({
      'aws-cdk-lib': expect.stringMatching(/^\^2\./),
      constructs: expect.stringMatching(/^\^10\./),
    });
  });

  it('names every package that its bundles hold parts of', () => {
    const notices = readFileSync(inPackage('NOTICES.txt'), 'utf8');
    const names = new Set(built.inputs.flatMap(file => packageOf(file) ?? []));
    expect(names).toContain('@aws-sdk/client-cloudfront');
    expect([...names].filter(name => !notices.includes(`\n${name} `))).toEqual([]);
  });

  it('has the code of every function that an attachment deploys, but for how mails spell commands', () => {
    const deployed = resourcesOf(synthesised('AutoInvalidation'), 'AWS::Lambda::Function').map(deployedCode);
    const codes = [...functions().values()].map(code => new TextDecoder().decode(code));
    const packaged = (code: Buffer) =>
      code.toString().replace('="npm run"', '="npx cloudfront-auto-invalidation"').replace('" --"', '""');
    const held = deployed.map(code => code !== undefined && codes.includes(packaged(code)));
    expect(new Set(held)).toEqual(new Set([true]));
    expect(codes.filter(code => code.includes('npm run'))).toEqual([]);
    expect(codes.some(code => code.includes('npx cloudfront-auto-invalidation'))).toBe(true);
  });

  it('says in RUNBOOK.md what to do about each alarm of a pipeline, in the words of its users', () => {
    const runbook = readFileSync(inPackage('RUNBOOK.md'), 'utf8');
    const alarms = resourcesOf(
      templateOf(
        buildAttachment({ ...ATTACHED, webhookUrl: 'https://hooks.example.com/x', webhookSecret: 'hooks' })
          .stack,
      ),
      'AWS::CloudWatch::Alarm',
    );
    const asked = alarms.map(
      ({ properties }) => /RUNBOOK\.md#([\w-]+)/.exec(String(properties['AlarmDescription']))?.[1],
    );
    const headings = [...runbook.matchAll(/^## ([\w-]+)$/gm)].map(([, name]) => name);
    expect(new Set(headings)).toEqual(new Set(asked));
    expect(runbook).toContain('npx cloudfront-auto-invalidation');
    expect(runbook).not.toMatch(/npm (?:run|start)|school|student|local cloud|\]\((?!#)/i);
  });

  it('has the code of every handler of the pipeline, but for the one that only the example deploys', () => {
    const handlers = filesIn(join(import.meta.dirname, '../../handlers/pipeline'));
    const names = handlers.map(file => `pipeline/${file.replace('.ts', '')}`);
    expect([...functions().keys()]).toEqual(names.filter(name => name !== 'pipeline/refreshes'));
  });

  it('has no fault that publint knows', async () => {
    const { messages } = await publint({ pkgDir: inPackage('.'), pack: false });
    expect(messages).toEqual([]);
  });

  it('has types for CommonJS, for ES modules and for resolution as of old', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(built.tarball)));
    expect(result).toMatchObject({ types: { kind: 'included' }, problems: [] });
  });
});

describe('API.md', () => {
  const api = () => readFileSync(inPackage('API.md'), 'utf8');

  it('describes every name that the package exports, and none that it does not', () => {
    const declarations = readFileSync(inPackage('lib/constructs/index.d.ts'), 'utf8');
    const classes = [...declarations.matchAll(/^export declare class (\w+)/gm)].map(([, name = '']) => name);
    const [, list = ''] = /^export type \{([^}]*)\};/ms.exec(declarations) ?? [];
    const types = list.split(',').map(name => name.trim());
    const exported = [...classes, ...types];
    const described = [...api().matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(new Set(described)).toEqual(new Set(exported));
  });

  it('shows neither private members nor those that only the example uses', () => {
    expect(api()).toContain('`grantRequestRefresh(grantee: IGrantable): Grant`');
    expect(api()).not.toMatch(/bindRefreshes|bindTo|private|\bhandler\?/);
  });
});

const Handlers = z.object({ Handler: z.literal('index.handler'), Code: z.object({ S3Key: z.string() }) });

describe('The program', () => {
  const program = inPackage('lib/cli/cli.mjs');
  const run = promisify(execFile);

  it('has every command of the pipeline, spelt as its users type it', async () => {
    const { stdout } = await run(process.execPath, [program, '--help']);
    const named = [...stdout.matchAll(/^ {2}npx cloudfront-auto-invalidation (\w+)/gm)].map(
      ([, name]) => name,
    );
    expect(named).toEqual(Object.keys(PIPELINE_COMMANDS));
    expect(stdout).not.toMatch(/npm run|school|student/i);
  });

  it.each(Object.keys(PIPELINE_COMMANDS).filter(name => name !== 'template'))(
    'explains %s without the CDK, and without a word of the example',
    async name => {
      const { stdout } = await run(process.execPath, [program, name, '--help']);
      expect(stdout).toContain(`Usage: npx cloudfront-auto-invalidation ${name} `);
      expect(stdout).not.toMatch(/npm run|school|student/i);
    },
  );
});

describe('A fresh app', () => {
  // One app for both kinds of modules, because the compiler takes longest to read the CDK's types.
  const opened = stranger(built.tarball, {
    'package.json': JSON.stringify({ name: 'site', private: true }),
    'tsconfig.json': TSCONFIG,
    'bin/commonjs.cts': README_APP,
    'bin/module.mts': README_APP,
  });
  afterAll(async () => (await opened).remove());

  it('compiles the lines of the README in CommonJS and in ES modules', async () => {
    await (await opened).compile();
  });

  it.each(['commonjs.cjs', 'module.mjs'])('synthesises them as %s', async file => {
    const { template, folder, printed } = await (await opened).synthesise(`out/bin/${file}`);
    expect(printed).toBe('');
    expect(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(5);
    for (const { properties } of functions) {
      const asset = Handlers.parse(properties).Code.S3Key.replace('.zip', '');
      expect(statSync(join(folder, `asset.${asset}`, 'index.mjs')).size).toBeGreaterThan(10_000);
    }
  });
});
