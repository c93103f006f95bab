import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnParameter, CliCredentialsStackSynthesizer } from 'aws-cdk-lib';
import { zipSync } from 'fflate';
import { z } from 'zod';
import cdkJson from '../../../cdk.json' with { type: 'json' };
import { AutoInvalidationStack } from '../../auto-invalidation-stack.ts';
import { filesIn } from '../../files-in.ts';
import type { AttachmentSettings } from '../../settings.ts';
import { ASSETS_BUCKET } from './assets-parameter.ts';

/** A file that the template expects in the bucket of its assets. */
export interface Asset {
  readonly key: string;
  readonly content: Uint8Array;
}

/** Everything that CloudFormation needs to attach the pipeline, without a CDK. */
export interface Attachment {
  /** JSON in as few bytes as there can be: CloudFormation limits them. */
  readonly template: string;
  readonly assets: readonly Asset[];
}

/** The part of a stack's asset manifest that is read here. */
const Manifest = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['file', 'zip']) }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

/**
 * Has whoever deploys upload the assets. With `exactOptionalPropertyTypes` the CDK's own class is
 * no `IStackSynthesizer`, for properties that may be undefined.
 */
class WithoutBootstrap extends CliCredentialsStackSynthesizer {
  override get bootstrapQualifier(): string {
    return super.bootstrapQualifier ?? '';
  }

  override get lookupRole(): string {
    return super.lookupRole ?? '';
  }

  override get cloudFormationExecutionRole(): string {
    return super.cloudFormationExecutionRole ?? '';
  }
}

/**
 * Synthesises the attachment as `cdk deploy` would, except that its assets are in a bucket that a
 * parameter names, and that nothing of a bootstrapped account is needed.
 *
 * @param prefix of the assets' keys, with a `/` at its end
 */
export function assembleAttachment(settings: AttachmentSettings, prefix: string): Attachment {
  const outdir = mkdtempSync(join(tmpdir(), 'attachment-'));
  try {
    const app = new App({ outdir, analyticsReporting: false, context: cdkJson.context });
    const stack = new AutoInvalidationStack(app, 'AutoInvalidation', {
      settings,
      synthesizer: new WithoutBootstrap({
        fileAssetsBucketName: `\${${ASSETS_BUCKET}}`,
        bucketPrefix: prefix,
      }),
    });
    new CfnParameter(stack, ASSETS_BUCKET, {
      description: 'Bucket of the same region that holds the assets of this template',
    });
    app.synth();
    const template = readFileSync(join(outdir, stack.templateFile), 'utf8');
    return {
      template: JSON.stringify(JSON.parse(template)),
      assets: assetsIn(outdir, `${stack.artifactId}.assets.json`, stack.templateFile),
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function assetsIn(outdir: string, manifest: string, templateFile: string): Asset[] {
  const { files } = Manifest.parse(JSON.parse(readFileSync(join(outdir, manifest), 'utf8')));
  return Object.values(files)
    .filter(({ source }) => source.path !== templateFile)
    .flatMap(({ source: { path, packaging }, destinations }) => {
      const file = join(outdir, path);
      const content = packaging === 'zip' ? zipped(file) : readFileSync(file);
      return Object.values(destinations).map(({ objectKey }) => ({ key: objectKey, content }));
    });
}

/** Dates in a ZIP file begin in 1980. The same one everywhere makes the same bytes everywhere. */
const DATE = new Date(1980, 0, 1);

function zipped(folder: string): Uint8Array {
  const contents = filesIn(folder).map(file => [file, readFileSync(join(folder, file))]);
  return zipSync(Object.fromEntries(contents), { level: 9, mtime: DATE });
}
