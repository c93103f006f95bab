import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import { s3Address, s3Request } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

/**
 * Refuses writes, copies and deletions whose preconditions do not hold: S3 user guide, "Add
 * preconditions to S3 operations with conditional requests". fauxqs ignores these headers.
 */
export function withConditionalWrites(s3: AwsService): AwsService {
  return async request => {
    const refusal = (await refusalBySource(request, s3)) ?? (await refusalByTarget(request, s3));
    return refusal ?? s3(request);
  };
}

/** The conditions on what a write replaces or removes. */
async function refusalByTarget(request: AwsRequest, s3: AwsService): Promise<AwsResponse | undefined> {
  const { 'if-match': expected, 'if-none-match': excluded } = request.headers;
  if (!isWrite(request) || (expected ?? excluded) === undefined) return undefined;
  if (excluded !== undefined && excluded !== '*')
    return s3Error(501, 'NotImplemented', 'S3 writes know no If-None-Match but *');
  const { bucket, key } = s3Address(request);
  const found = await head(s3, request.caller, bucket, key);
  if (excluded !== undefined && found !== undefined) return preconditionFailed('If-None-Match');
  if (expected === undefined) return undefined;
  if (found === undefined)
    return s3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
  return isMatch(expected, found) ? undefined : preconditionFailed('If-Match');
}

/** PutObject, CopyObject, CompleteMultipartUpload or DeleteObject. */
function isWrite(request: AwsRequest): boolean {
  const { key, query } = s3Address(request);
  const isOfUpload = query.has('uploadId');
  return key !== '' && (['PUT', 'DELETE'].includes(request.method) ? !isOfUpload : isOfUpload);
}

/** The conditions on what is copied: S3 API reference, CopyObject. */
async function refusalBySource(request: AwsRequest, s3: AwsService): Promise<AwsResponse | undefined> {
  const conditions = Object.keys(HOLDS).filter(name => request.headers[name] !== undefined);
  const source = request.headers['x-amz-copy-source'];
  if (typeof source !== 'string' || conditions.length === 0) return undefined;
  const { bucket, key } = s3Address({ ...request, url: `/${source.replace(/^\//, '')}` });
  const found = await head(s3, request.caller, bucket, key);
  // Whether the object is there is for the copy itself to say.
  if (found === undefined) return undefined;
  const failed = conditions.find(name => HOLDS[name]?.(String(request.headers[name]), found) === false);
  return failed === undefined ? undefined : preconditionFailed(failed);
}

interface ObjectFacts {
  readonly eTag: string;
  /** In milliseconds since the epoch. */
  readonly modifiedAt: number;
}

const HOLDS: Readonly<Record<string, (value: string, found: ObjectFacts) => boolean>> = {
  'x-amz-copy-source-if-match': isMatch,
  'x-amz-copy-source-if-none-match': (value, found) => !isMatch(value, found),
  'x-amz-copy-source-if-modified-since': (value, { modifiedAt }) => modifiedAt > Date.parse(value),
  'x-amz-copy-source-if-unmodified-since': (value, { modifiedAt }) => modifiedAt <= Date.parse(value),
};

/** Clients may leave out the quotes. */
function isMatch(expected: string, { eTag }: ObjectFacts): boolean {
  return expected === '*' || expected.replaceAll('"', '') === eTag.replaceAll('"', '');
}

async function head(
  s3: AwsService,
  caller: string,
  bucket: string,
  key: string,
): Promise<ObjectFacts | undefined> {
  const { status, headers = {} } = await s3(s3Request({ caller, method: 'HEAD', bucket, key }));
  if (status !== 200) return undefined;
  return { eTag: String(headers['etag']), modifiedAt: Date.parse(String(headers['last-modified'])) };
}

function preconditionFailed(Condition: string): AwsResponse {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return s3Error(412, 'PreconditionFailed', message, { Condition });
}
