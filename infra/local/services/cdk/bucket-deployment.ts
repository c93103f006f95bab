import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { filesIn } from '../../../files-in.ts';
import type { AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Account } from '../../template/account.ts';
import { s3Request } from '../s3/s3-request.ts';

/** A folder of files that a deployment uploads into a bucket. */
export interface Deployment {
  /** Changes whenever the files or their settings do. */
  readonly version: string;
  readonly directory: string;
  readonly bucket: string;
  readonly prune: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const BucketDeployment = z.object({
  SourceObjectKeys: z.tuple([z.string()], 'Deployments of several sources are not emulated'),
  DestinationBucketName: z.string(),
  Prune: z.boolean().default(true),
  SystemMetadata: z.record(z.string(), z.string()).default({}),
});

export function deploymentsOf(account: Account): Deployment[] {
  return account.all('Custom::CDKBucketDeployment').map(({ properties }) => {
    const deployment = BucketDeployment.parse(properties);
    return {
      version: JSON.stringify(deployment),
      directory: account.assetPath(deployment.SourceObjectKeys[0]),
      bucket: deployment.DestinationBucketName,
      prune: deployment.Prune,
      headers: deployment.SystemMetadata,
    };
  });
}

/**
 * Uploads the files of deployments. One whose version was uploaded before is left alone:
 * CloudFormation calls a custom resource only when a property has changed.
 */
export async function publishDeployments(
  deployments: readonly Deployment[],
  callAws: AwsService,
  store: DurableStore,
): Promise<void> {
  const published = store.map<string>('deployments');
  for (const { bucket, directory, headers, prune, version } of deployments) {
    if (prune) throw new Error('The local cloud does not emulate deployments that prune the bucket');
    if (published.get(bucket) === version) continue;
    for (const key of filesIn(directory))
      await upload(callAws, bucket, key, readFileSync(join(directory, key)), headers);
    published.set(bucket, version);
  }
}

/**
 * Publishes single files as the template's first deployment would: to the same bucket, with the
 * same headers.
 */
export function createPublisher(
  [deployment]: readonly Deployment[],
  callAws: AwsService,
  store: DurableStore,
) {
  const published = store.map<string>('deployments');
  return async (key: string, content: Buffer | undefined): Promise<void> => {
    if (deployment === undefined) throw new Error('The template deploys no files');
    const { bucket, headers } = deployment;
    // The bucket is no longer as the deployment left it: the next start deploys again.
    published.delete(bucket);
    if (content === undefined) await remove(callAws, bucket, key);
    else await upload(callAws, bucket, key, content, headers);
  };
}

/** @throws Error if S3 refuses it */
async function upload(
  callAws: AwsService,
  bucket: string,
  key: string,
  body: Buffer,
  headers: Deployment['headers'],
): Promise<void> {
  const contentType = CONTENT_TYPES[extname(key)] ?? 'binary/octet-stream';
  const { status, body: answer } = await callAws(
    s3Request({
      caller: 'deployment',
      method: 'PUT',
      bucket,
      key,
      headers: { ...headers, 'content-type': contentType },
      body,
    }),
  );
  if (status !== 200) throw new Error(`Uploading ${key} to ${bucket} failed: ${answer}`);
}

async function remove(callAws: AwsService, bucket: string, key: string): Promise<void> {
  const { status, body } = await callAws(s3Request({ caller: 'deployment', method: 'DELETE', bucket, key }));
  if (status !== 204) throw new Error(`Removing ${key} from ${bucket} failed: ${body}`);
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};
