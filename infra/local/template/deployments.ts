import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { filesIn } from '../../files-in.ts';
import { type AwsRequest, type AwsService, authorizationOf } from '../kernel/aws-api.ts';
import type { DurableStore } from '../kernel/durable-map.ts';
import type { Deployment } from './stack-parts.ts';

/**
 * `Custom::CDKBucketDeployment`: uploads a deployment's files unless the same version was uploaded before, as
 * CloudFormation calls the resource only when a property changed.
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
    for (const file of filesIn(directory)) {
      await putObject(callAws, { bucket, key: file, content: readFileSync(join(directory, file)), headers });
    }
    published.set(bucket, version);
  }
}

/** Publishes single files as the template's deployment would: to the same bucket, with the same headers. */
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
    if (content === undefined) await deleteObject(callAws, bucket, key);
    else await putObject(callAws, { bucket, key, content, headers });
  };
}

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly content: Buffer;
  /** Cache-Control and the like; the content type is told from the key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws Error when S3 refuses it */
async function putObject(callAws: AwsService, { bucket, key, content, headers }: Upload): Promise<void> {
  const contentType = CONTENT_TYPES[extname(key)] ?? 'binary/octet-stream';
  const { status, body } = await callAws(
    s3Request('PUT', bucket, key, { ...headers, 'content-type': contentType }, content),
  );
  if (status !== 200) throw new Error(`Uploading ${key} to ${bucket} failed: ${body}`);
}

async function deleteObject(callAws: AwsService, bucket: string, key: string): Promise<void> {
  const { status, body } = await callAws(s3Request('DELETE', bucket, key));
  if (status !== 204) throw new Error(`Removing ${key} from ${bucket} failed: ${body}`);
}

function s3Request(
  method: string,
  bucket: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
  body: Buffer = Buffer.alloc(0),
): AwsRequest {
  return {
    service: 's3',
    caller: 'deployment',
    method,
    url: `/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
    headers: { ...headers, host: 'localhost', authorization: authorizationOf('deployment', 's3') },
    body,
  };
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
