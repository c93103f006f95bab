import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { environment, synthesise } from '../../infra/synthesise.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CDK = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin/cdk');

/** Versions, files for figures and errors, and a region, which the stacks set themselves. */
const WITHOUT_EFFECT = [
  'CDK_CLI_ASM_VERSION',
  'CDK_CLI_VERSION',
  'CDK_DEFAULT_REGION',
  'CDK_ERROR_FILE',
  'CDK_PERF_COUNTERS_FILE',
];
/** Otherwise the app fails by itself when cdk-nag finds something: nobody else would. */
const REPORTS_FINDINGS = '@aws-cdk/core:failSynthOnValidationErrors';

const Variables = z.record(z.string(), z.string());
const Context = z.record(z.string(), z.unknown());

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'synthesis-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The CDK's variables with which `cdk synth` starts the app. */
async function variablesOfTheCommandLine(folder: string, ...options: string[]) {
  const [app, file] = [join(folder, 'app.mjs'), join(folder, 'variables.json')];
  const isOfCdk = '([name]) => name.startsWith("CDK_")';
  writeFileSync(
    app,
    `import { writeFileSync } from 'node:fs';
     const variables = Object.entries(process.env).filter(${isOfCdk});
     writeFileSync(${JSON.stringify(file)}, JSON.stringify(Object.fromEntries(variables)));`,
  );
  const command = ['synth', '--app', `node ${app}`, '--output', join(folder, 'out'), ...options];
  // It fails, because this app writes no assembly.
  await new Promise(done => execFile(process.execPath, [CDK, ...command], { cwd: ROOT }, done));
  return Variables.parse(JSON.parse(readFileSync(file, 'utf8')));
}

it('A synthesis imports nothing that could change without another assembly', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['infra/app.ts', 'handlers/**/*.ts'],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: ROOT,
  });
  const files = Object.keys(metafile.inputs);
  expect(files).toContain('infra/constructs/pipeline/service-function.ts');
  expect(files).toContain('infra/assets/sources.ts');
  // As infra/assembly.ts has it.
  expect(files.filter(file => !/^(?:handlers|infra|shared|web)\/|^cdk\.json$/.test(file))).toEqual([]);
  expect(files.filter(file => file.startsWith('infra/local/'))).toEqual([]);
});

describe('A synthesis without the command line of the CDK', () => {
  it('starts the app as the command line does, except that the app reports its findings itself', async () => {
    const folder = temporaryFolder();
    const { CDK_CONTEXT_JSON: theirs = '', ...others } = await variablesOfTheCommandLine(
      folder,
      ...['-c', 'quietSeconds=1', '-c', 'excludedKeys=*.map,*.txt'],
    );
    const context = { quietSeconds: '1', excludedKeys: '*.map,*.txt' };
    const { CDK_CONTEXT_JSON: ours = '', CDK_OUTDIR } = environment(ROOT, join(folder, 'out'), context);

    const { [REPORTS_FINDINGS]: reports, ...expected } = Context.parse(JSON.parse(theirs));
    expect(reports).toBe(false);
    expect(Context.parse(JSON.parse(ours))).toEqual(expected);
    expect(others['CDK_OUTDIR']).toBe(CDK_OUTDIR);
    const unknown = Object.keys(others).filter(name => !WITHOUT_EFFECT.includes(name));
    expect(unknown).toEqual(['CDK_OUTDIR']);
  });

  it('fails with what cdk-nag finds, where and why', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'infra'));
    writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ context: {} }));
    writeFileSync(
      join(folder, 'infra/app.ts'),
      `import { App, Stack, Validations } from 'aws-cdk-lib';
       import { Bucket } from 'aws-cdk-lib/aws-s3';
       import { AwsSolutionsChecks } from 'cdk-nag';
       const app = new App();
       new Bucket(new Stack(app, 'StudentSite'), 'Careless');
       Validations.of(app).addPlugins(new AwsSolutionsChecks(app));`,
    );
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

    const failure = await synthesise(folder, join(folder, 'out'), {}).catch(String);
    expect(failure).toMatch(/^Error: The template could not be synthesised:\n/);
    expect(failure).toContain('AwsSolutions-S10');
    expect(failure).toContain('StudentSite/Careless');
    expect(failure).toContain('require requests to use SSL');
  });

  it('says which setting is wrong, without a stack trace', async () => {
    const failure = await synthesise(ROOT, temporaryFolder(), { quietSeconds: '0' }).catch(String);
    expect(failure).toContain('Check cdk.json and -c options:');
    expect(failure).toContain('→ at quietSeconds');
    expect(failure).not.toMatch(/^\s+at |node_modules/m);
  });
});
