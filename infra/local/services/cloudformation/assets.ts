import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { AwsError, type AwsService, authorizationOf } from '../../kernel/aws-api.ts';
import type { LoadedStack } from '../../template/template.ts';
import { ResourceFailedError } from './resource-failure.ts';

const FunctionCode = z.object({ Code: z.object({ S3Bucket: z.string(), S3Key: z.string() }) });
const Definition = z.object({ DefinitionS3Location: z.object({ Bucket: z.string(), Key: z.string() }) });

interface Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Fetches what a stack's functions and state machines are made of from the buckets that they name.
 *
 * @param folder where to put it
 * @returns the file or folder behind each object key
 * @throws ResourceFailedError naming the resource whose object is not there
 */
export async function fetchAssets(
  { resources }: Pick<LoadedStack, 'resources'>,
  { callAws, folder }: { readonly callAws: AwsService; readonly folder: string },
): Promise<Record<string, string>> {
  const fetched: Record<string, string> = {};
  for (const { type, logicalId, properties } of resources) {
    const location = locationIn(type, properties);
    if (location === undefined || location.key in fetched) continue;
    const content = await readObject(callAws, location).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ResourceFailedError({ logicalId, type, reason, cause: error });
    });
    const target = join(folder, location.key);
    if (location.key.endsWith('.zip')) unpack(content, target);
    else write(target, content);
    fetched[location.key] = target;
  }
  return fetched;
}

function locationIn(type: string, properties: object): Location | undefined {
  if (type === 'AWS::Lambda::Function') {
    const { S3Bucket: bucket, S3Key: key } = FunctionCode.parse(properties).Code;
    return { bucket, key };
  }
  if (type !== 'AWS::StepFunctions::StateMachine') return undefined;
  const { Bucket: bucket, Key: key } = Definition.parse(properties).DefinitionS3Location;
  return { bucket, key };
}

/** @throws AwsError as S3 refuses it */
export async function readObject(callAws: AwsService, { bucket, key }: Location): Promise<Buffer> {
  const caller = 'local';
  const { status, body } = await callAws({
    service: 's3',
    caller,
    method: 'GET',
    url: `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
    headers: { host: 'localhost', authorization: authorizationOf(caller, 's3') },
    body: Buffer.alloc(0),
  });
  if (status === 200) return Buffer.from(body ?? '');
  throw new AwsError('ValidationError', `S3 error: s3://${bucket}/${key} cannot be read (status ${status})`);
}

function unpack(archive: Buffer, folder: string): void {
  for (const [name, content] of Object.entries(unzipSync(archive))) write(join(folder, name), content);
}

function write(file: string, content: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
