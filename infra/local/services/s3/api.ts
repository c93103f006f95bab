import type { ApiTraits, Requirement } from '../../kernel/api-traits.ts';
import { bucketArn } from '../../kernel/arn.ts';
import type { AwsRequest } from '../../kernel/aws-api.ts';
import { denialMessage } from '../../kernel/permissions/refusal.ts';
import { s3Address } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

export const s3Api: ApiTraits = {
  actionOf,
  requirementsOf(request, operation) {
    const action = PERMISSIONS[operation];
    if (action === undefined) return undefined;
    const { bucket, key, query } = s3Address(request);
    const resource = key === '' ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}`;
    const ofVersion = operation === 'DeleteObject' && query.has('versionId') ? 'Version' : '';
    return [{ action: `s3:${action}${ofVersion}`, resource }];
  },
  requiredToSeeMissing,
  // S3 writes resources in quotes, as its users quote it.
  refuse: denial =>
    s3Error(403, 'AccessDenied', denialMessage({ ...denial, resource: `"${denial.resource}"` })),
};

/**
 * Only those who may list a bucket learn that a key does not exist: S3 API reference, GetObject,
 * "Permissions".
 */
function requiredToSeeMissing(request: AwsRequest, operation: string): Requirement[] {
  if (operation !== 'GetObject' && operation !== 'HeadObject') return [];
  return [{ action: 's3:ListBucket', resource: bucketArn(s3Address(request).bucket) }];
}

/**
 * The permission that an operation needs: S3 user guide, "Required permissions for S3 API
 * operations".
 */
const PERMISSIONS: Readonly<Record<string, string>> = {
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketVersioning: 'GetBucketVersioning',
  PutBucketVersioning: 'PutBucketVersioning',
  GetBucketPolicy: 'GetBucketPolicy',
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  HeadObject: 'GetObject',
  GetObject: 'GetObject',
  PutObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  AbortMultipartUpload: 'AbortMultipartUpload',
  DeleteObject: 'DeleteObject',
};

function actionOf(request: AwsRequest): string {
  const { bucket, key, query } = s3Address(request);
  if (key === '') return bucketActionOf(request, bucket, query);
  const isPart = query.has('uploadId');
  switch (request.method) {
    case 'PUT':
      if (isPart) return 'UploadPart';
      return request.headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
    case 'POST':
      return isPart ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
    case 'DELETE':
      return isPart ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return request.method === 'HEAD' ? 'HeadObject' : 'GetObject';
  }
}

function bucketActionOf({ method }: AwsRequest, bucket: string, query: URLSearchParams): string {
  if (bucket === '') return 'ListBuckets';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  if (query.has('notification')) return `${method === 'PUT' ? 'Put' : 'Get'}BucketNotificationConfiguration`;
  if (query.has('versioning')) return `${method === 'PUT' ? 'Put' : 'Get'}BucketVersioning`;
  if (method === 'GET' && query.has('encryption')) return 'GetBucketEncryption';
  if (method === 'GET' && query.has('policy')) return 'GetBucketPolicy';
  const actions: Readonly<Record<string, string>> = {
    GET: query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects',
    HEAD: 'HeadBucket',
    PUT: 'CreateBucket',
    DELETE: 'DeleteBucket',
  };
  return actions[method] ?? `${method} /${bucket}`;
}
