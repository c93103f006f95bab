import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { partsOf } from '../backup/parts.ts';

/**
 * S3 takes parts of 5 MiB or more, except for the last, and at most 10,000 of them: an object has
 * at most 78 GiB.
 */
export const PART_BYTES = 8 * 1024 * 1024;

export interface NewObject {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
}

type Upload = Pick<NewObject, 'Bucket' | 'Key'> & { readonly UploadId: string | undefined };

/**
 * Stores a stream as an object that appears whole or not at all, and never replaces one. Holds one
 * part in memory.
 * @throws S3's refusal, `PreconditionFailed` if the key is taken, or the stream's own error
 */
export async function uploadInParts(
  client: S3Client,
  object: NewObject,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { Bucket, Key } = object;
  const uploader = randomUUID();
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC32', Metadata: { uploader } }),
  );
  const upload = { Bucket, Key, UploadId };
  try {
    await complete(client, upload, await uploadParts(client, upload, content), uploader);
  } catch (error) {
    // If aborting fails, the bucket's lifecycle rule will do it. The first error is the one that
    // matters.
    await Promise.allSettled([client.send(new AbortMultipartUploadCommand(upload))]);
    throw error;
  }
}

async function uploadParts(
  client: S3Client,
  upload: Upload,
  content: AsyncIterable<Uint8Array>,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for await (const Body of partsOf(content, PART_BYTES)) {
    const PartNumber = parts.length + 1;
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
    );
    parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }
  return parts;
}

async function complete(client: S3Client, upload: Upload, Parts: CompletedPart[], uploader: string) {
  try {
    await client.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, IfNoneMatch: '*' }),
    );
  } catch (error) {
    // Perhaps only the answer was lost, and the repetition was refused. The object tells who stored
    // it.
    const { Bucket, Key } = upload;
    const [stored] = await Promise.allSettled([client.send(new HeadObjectCommand({ Bucket, Key }))]);
    if (stored.status === 'rejected' || stored.value.Metadata?.['uploader'] !== uploader) throw error;
  }
}
