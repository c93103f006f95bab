import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { main } from '../../infra/cli/main.ts';
import { filesIn } from '../../infra/files-in.ts';
import { ATTACHING, withoutPlaces } from '../helpers/attachment-options.ts';
import { deployedCode } from '../helpers/bundles.ts';
import { runCommand } from '../helpers/run-command.ts';
import { readTemplate, resourcesOf, synthesised } from '../helpers/templates.ts';

const folder = mkdtempSync(join(tmpdir(), 'template-'));
const first = join(folder, 'first');
let printed: string;

beforeAll(async () => {
  const result = await runCommand(main, ['template', '--out', first, ...ATTACHING]);
  expect(result).toMatchObject({ exitCode: 0, complaint: '' });
  printed = result.printed;
});
afterAll(() => rmSync(folder, { recursive: true }));

const template = () => readTemplate(join(first, 'template.json'));
const PREFIX = 'cloudfront-auto-invalidation/';

/** The keys in the bucket of assets that a template names. */
const Places = z.object({
  S3Bucket: z.object({ 'Fn::Sub': z.literal(`\${AssetsBucket}`) }),
  S3Key: z.string(),
});
const DefinitionPlace = z.object({
  Bucket: z.object({ 'Fn::Sub': z.literal(`\${AssetsBucket}`) }),
  Key: z.string(),
});

function keysIn(): string[] {
  const functions = resourcesOf(template(), 'AWS::Lambda::Function');
  const machines = resourcesOf(template(), 'AWS::StepFunctions::StateMachine');
  return [
    ...functions.map(({ properties }) => Places.parse(properties['Code']).S3Key),
    ...machines.map(({ properties }) => DefinitionPlace.parse(properties['DefinitionS3Location']).Key),
  ];
}

describe('npm run template', () => {
  it('writes the resources that cdk deploy would make', () => {
    expect(withoutPlaces(template())).toEqual(withoutPlaces(synthesised('AutoInvalidation')));
  });

  it('asks for one parameter and for no bootstrapped account', () => {
    const raw = JSON.parse(readFileSync(join(first, 'template.json'), 'utf8'));
    expect(Object.keys(raw.Parameters)).toEqual(['AssetsBucket']);
    expect(raw).not.toHaveProperty('Rules');
  });

  it('writes exactly the assets that the template names', () => {
    const written = filesIn(join(first, 'assets')).map(file => `${PREFIX}${file}`);
    expect(new Set(written)).toEqual(new Set(keysIn()));
  });

  it('writes the code that cdk deploy would upload', () => {
    const [deployed, archived] = [synthesised('AutoInvalidation'), template()].map(each =>
      resourcesOf(each, 'AWS::Lambda::Function'),
    );
    expect(archived).not.toHaveLength(0);
    for (const [index, { properties }] of (archived ?? []).entries()) {
      const { S3Key } = Places.parse(properties['Code']);
      const files = unzipSync(readFileSync(join(first, 'assets', S3Key.slice(PREFIX.length))));
      const code = deployed?.[index] === undefined ? undefined : deployedCode(deployed[index]);
      expect(Object.keys(files)).toEqual(['index.mjs']);
      for (const content of Object.values(files)) expect(code?.equals(content)).toBe(true);
    }
  });

  it('says how to upload and deploy them', () => {
    expect(printed).toContain(`aws s3 cp ${first}/assets s3://BUCKET/${PREFIX} --recursive`);
    expect(printed).toContain(`aws cloudformation deploy --template-file ${first}/template.json`);
    expect(printed).toContain('--parameter-overrides AssetsBucket=BUCKET');
  });

  it.each([
    [['--distribution', 'example.com'], 'must be the id of a distribution, such as E2EXAMPLE1ABCD'],
    [['--bucket', 'My_Bucket'], 'must be a valid S3 bucket name'],
    [['--region', 'Frankfurt'], 'must be an AWS region, such as eu-central-1'],
    [['-c', 'colour=blue'], 'There is no setting colour.'],
  ])('refuses %j with 2, and writes nothing', async (wrong, message) => {
    const out = join(folder, 'refused');
    const { exitCode, complaint } = await runCommand(main, [
      'template',
      '--out',
      out,
      ...ATTACHING,
      ...wrong,
    ]);
    expect({ exitCode, complaint }).toEqual({ exitCode: 2, complaint: expect.stringContaining(message) });
    expect(filesIn(folder).filter(file => file.startsWith('refused'))).toEqual([]);
  });
});
