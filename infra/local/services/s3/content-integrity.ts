import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import { readChunks } from './aws-chunked.ts';
import { crc32c, crc64nvme } from './crc.ts';
import { isDeleteObjects } from './delete-objects.ts';
import { s3Error } from './s3-xml.ts';

type Digest = (content: Buffer) => Buffer;

const hash =
  (algorithm: string): Digest =>
  content =>
    createHash(algorithm).update(content).digest();

/** By the end of the header's name. S3 also knows three kinds of xxHash, which nothing here has. */
const CHECKSUMS: Readonly<Record<string, Digest>> = {
  crc32(content) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(content));
    return sum;
  },
  crc32c,
  crc64nvme,
  md5: hash('md5'),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  sha512: hash('sha512'),
};

/** Headers `x-amz-checksum-…` that hold no checksum. */
const NO_CHECKSUMS = ['algorithm', 'mode', 'type'];

/**
 * Refuses content that is not what its sender says it is: S3 user guide, "Checking object
 * integrity". Further in, it is in one piece, as fauxqs checks nothing and forgets the other
 * encoding of content in chunks.
 */
export function withIntactContent(s3: AwsService): AwsService {
  return async request => {
    if (!isDeleteObjects(request) && !isUpload(request)) return s3(request);
    const whole = inOnePiece(request);
    if (whole === undefined) return s3Error(400, 'IncompleteBody', INCOMPLETE);
    return refusalOf(whole) ?? s3(whole);
  };
}

/** PutObject or UploadPart, not a copy. */
function isUpload({ method, headers }: AwsRequest): boolean {
  return method === 'PUT' && headers['x-amz-copy-source'] === undefined;
}

/** Undefined if a part of the content is missing. */
function inOnePiece(request: AwsRequest): AwsRequest | undefined {
  const { 'content-encoding': encoding = '', ...headers } = request.headers;
  const encodings = encoding.split(',').map(each => each.trim());
  if (!encodings.includes('aws-chunked')) return request;
  const chunked = readChunks(request.body);
  if (chunked === undefined) return undefined;
  const others = encodings.filter(each => each !== 'aws-chunked').join(',');
  const encoded = others === '' ? {} : { 'content-encoding': others };
  return { ...request, headers: { ...headers, ...encoded, ...chunked.trailers }, body: chunked.content };
}

function refusalOf({ headers, body }: AwsRequest): AwsResponse | undefined {
  const md5 = headers['content-md5'];
  if (typeof md5 === 'string') {
    const expected = Buffer.from(md5, 'base64');
    if (expected.length !== 16)
      return s3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (!expected.equals(hash('md5')(body))) return s3Error(400, 'BadDigest', OTHER_MD5);
  }
  for (const [header, value] of Object.entries(headers)) {
    const name = /^x-amz-checksum-(\w+)$/.exec(header)?.[1];
    if (name === undefined || NO_CHECKSUMS.includes(name)) continue;
    const refusal = refusalByChecksum(name, String(value), body);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalByChecksum(name: string, value: string, body: Buffer): AwsResponse | undefined {
  const digest = CHECKSUMS[name];
  const algorithm = name.toUpperCase();
  if (digest === undefined)
    return s3Error(501, 'NotImplemented', `The local cloud does not emulate S3 checksums by ${algorithm}`);
  const [expected, actual] = [Buffer.from(value, 'base64'), digest(body)];
  if (expected.length !== actual.length)
    return s3Error(400, 'InvalidRequest', `Value for x-amz-checksum-${name} header is invalid.`);
  if (expected.equals(actual)) return undefined;
  return s3Error(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

const INCOMPLETE = 'You did not provide the number of bytes specified by the Content-Length HTTP header.';
const OTHER_MD5 = 'The Content-MD5 you specified did not match what we received.';
