import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { CONTEXT } from '../helpers/templates.ts';

const APP = fileURLToPath(import.meta.resolve('../../infra/app.ts'));

/** The stacks that the app makes when the command line asks for `asked`. */
async function stacksOf(context: object, asked: string): Promise<string[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  await promisify(execFile)(process.execPath, [APP], {
    env: {
      PATH: dirname(process.execPath),
      CDK_OUTDIR: outdir,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...context, 'aws:cdk:bundling-stacks': [asked] }),
    },
  });
  return readdirSync(outdir)
    .filter(file => file.endsWith('.template.json'))
    .map(file => file.replace('.template.json', ''))
    .sort();
}

describe('The app', () => {
  it('synthesises only the attachment if only that is requested', async () => {
    expect(await stacksOf(ATTACHED, 'AutoInvalidation')).toEqual(['AutoInvalidation']);
  });

  it('names the settings that the attachment lacks', async () => {
    await expect(stacksOf({}, 'AutoInvalidation')).rejects.toThrow(/bucket[\s\S]*distributionId/);
  });
});
