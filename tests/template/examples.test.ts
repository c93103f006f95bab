import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesIn } from '../../infra/files-in.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { type CfnTemplate, readTemplate, resourcesOf } from '../helpers/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'infra/examples');
const MAX_LINES = 40;

const run = promisify(execFile);
const examples = filesIn(EXAMPLES).filter(file => file.endsWith('.ts'));
const outdir = mkdtempSync(join(tmpdir(), 'examples-'));
const templates = new Map<string, CfnTemplate>();

/** Where an example's template goes. */
const folderOf = (example: string) => join(outdir, basename(example, '.ts'));

/** An app writes its template where the variable said when it was made, as its process ends. */
const RUN_ALL = `for (const [file, folder] of Object.entries(JSON.parse(process.argv[1]))) {
  process.env.CDK_OUTDIR = folder;
  await import(file);
}`;

/**
 * As `cdk synth --app` runs each in an app without feature flags, but for the bundles, and in one
 * process: to load the CDK and its rules takes longer than all examples.
 */
async function synthesiseAll(): Promise<void> {
  const folders = Object.fromEntries(examples.map(file => [join(EXAMPLES, file), folderOf(file)]));
  await run(process.execPath, ['--input-type=module', '--eval', RUN_ALL, JSON.stringify(folders)], {
    env: {
      PATH: dirname(process.execPath),
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }),
    },
  });
}

function readOnlyTemplate(example: string): CfnTemplate {
  const [template, ...others] = filesIn(folderOf(example)).filter(file => file.endsWith('.template.json'));
  if (template === undefined || others.length > 0) throw new Error(`${example} is not one stack`);
  return readTemplate(join(folderOf(example), template));
}

beforeAll(async () => {
  await synthesiseAll();
  for (const example of examples) templates.set(example, readOnlyTemplate(example));
});
afterAll(() => rmSync(outdir, { recursive: true }));

const templateOf = (example: string) => templates.get(example) ?? expect.fail(`${example} has no template`);

describe('The examples', () => {
  it('compile', async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '--noEmit', '--project', EXAMPLES]);
  });

  it('are all in their README', () => {
    const readme = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    const listed = [...readme.matchAll(/^\| `([\w-]+\.ts)`/gm)].map(([, file]) => file);
    expect(new Set(listed)).toEqual(new Set(examples));
  });

  it.each(examples)('include %s, which is short', example => {
    expect(readFileSync(join(EXAMPLES, example), 'utf8').split('\n').length).toBeLessThanOrEqual(MAX_LINES);
  });

  it.each(examples)('include %s, whose template has no circle of dependencies', example => {
    expect(circleIn(templateOf(example))).toBeUndefined();
  });
});

describe('The example of', () => {
  const counts = (example: string, ...types: string[]) =>
    types.map(type => resourcesOf(templateOf(example), type).length);

  it('an own bucket has it send its events', () => {
    const [bucket] = resourcesOf(templateOf('own-bucket.ts'), 'AWS::S3::Bucket');
    expect(bucket?.properties).not.toHaveProperty('BucketName');
    expect(bucket?.properties).toHaveProperty('NotificationConfiguration.QueueConfigurations');
  });

  it('several distributions lets the pipeline invalidate both', () => {
    const policies = JSON.stringify(resourcesOf(templateOf('several-distributions.ts'), 'AWS::IAM::Policy'));
    for (const id of ['E2EXAMPLE1ABCD', 'E3EXAMPLE2EFGH']) expect(policies).toContain(`:distribution/${id}`);
    expect(counts('several-distributions.ts', 'AWS::S3::Bucket', 'AWS::CloudFront::Distribution')).toEqual([
      0, 0,
    ]);
  });

  it('a login lets the verifying function alone read its secret, and two functions decrypt objects', () => {
    const policies = resourcesOf(templateOf('behind-a-login.ts'), 'AWS::IAM::Policy');
    const allowing = (action: string) =>
      policies.filter(({ properties }) => JSON.stringify(properties).includes(`"${action}"`));
    expect(allowing('secretsmanager:GetSecretValue').map(({ id }) => id)).toEqual([
      expect.stringMatching(/^FreshnessVerify/),
    ]);
    expect(allowing('kms:Decrypt')).toHaveLength(2);
  });

  it('two pipelines has two of everything, but one that mails', () => {
    const types = [
      'AWS::S3::Bucket',
      'AWS::StepFunctions::StateMachine',
      'Custom::MailSender',
      'AWS::SNS::Topic',
    ];
    expect(counts('two-pipelines.ts', ...types)).toEqual([2, 2, 1, 1]);
  });
});
