import { functionArn } from '../../services/lambda/execution-environment.ts';
import { type AwsRequest, LOCAL_ACCOUNT, LOCAL_REGION } from '../aws-api.ts';

/** One of the permissions that a request needs. */
export interface Requirement {
  /** `s3:GetObject` … as the service authorization reference names it. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this service. */
  readonly context?: Readonly<Record<string, string>>;
}

/** What a policy's conditions may ask about, in lower case: the keys' case does not count. */
export const SUPPLIED_CONDITION_KEYS: ReadonlySet<string> = new Set([
  'aws:securetransport',
  'aws:sourcearn',
  'aws:sourceaccount',
  'ses:fromaddress',
]);

const arn = (service: string, resource: string, region = LOCAL_REGION) =>
  `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${resource}`;

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;

/**
 * The permissions that a request needs; undefined when the local cloud does not know them.
 *
 * @param action the operation's name, such as `HeadObject`
 */
export function requirementsOf(request: AwsRequest, action: string): Requirement[] | undefined {
  return SERVICES[request.service]?.(request, action);
}

type RequirementsOf = (request: AwsRequest, action: string) => Requirement[] | undefined;

const SERVICES: Readonly<Record<string, RequirementsOf>> = {
  s3: s3Requirements,
  sqs({ body }, action) {
    const { QueueUrl } = fieldsOf<{ QueueUrl: string }>(body);
    if (QueueUrl === undefined) return undefined;
    // A batch needs the permission of the single action.
    const name = action.replace(/Batch$/, '');
    return [{ action: `sqs:${name}`, resource: arn('sqs', QueueUrl.split('/').at(-1) ?? '') }];
  },
  dynamodb({ body }, action) {
    const { TableName, IndexName, RequestItems } = fieldsOf<{
      TableName: string;
      IndexName: string;
      RequestItems: object;
    }>(body);
    if (TableName === undefined && RequestItems === undefined) return undefined;
    const tables = TableName === undefined ? Object.keys(RequestItems ?? {}) : [TableName];
    const index = IndexName === undefined ? '' : `/index/${IndexName}`;
    return tables.map(table => ({
      action: `dynamodb:${action}`,
      resource: arn('dynamodb', `table/${table}${index}`),
    }));
  },
  states({ body }, action) {
    const { stateMachineArn, executionArn } = fieldsOf<{ stateMachineArn: string; executionArn: string }>(
      body,
    );
    const resource = stateMachineArn ?? executionArn;
    return resource === undefined ? undefined : [{ action: `states:${action}`, resource }];
  },
  cloudfront({ url }, action) {
    const [, , kind, id] = url.split(/[/?]/);
    if (id === undefined) return undefined;
    return [{ action: `cloudfront:${action}`, resource: arn('cloudfront', `${kind}/${id}`, '') }];
  },
  ses({ body }, action) {
    if (action !== 'SendEmail') return undefined;
    const { FromEmailAddress = '', Content } = fieldsOf<{
      FromEmailAddress: string;
      Content: { Raw?: unknown };
    }>(body);
    const address = /<([^>]+)>\s*$/.exec(FromEmailAddress)?.[1] ?? FromEmailAddress;
    return [
      {
        // SES v2 has one operation, and IAM keeps v1's two actions for it.
        action: Content?.Raw === undefined ? 'ses:SendEmail' : 'ses:SendRawEmail',
        resource: arn('ses', `identity/${address}`),
        context: { 'ses:FromAddress': address },
      },
    ];
  },
  lambda({ url }, action) {
    if (action !== 'InvokeFunction') return undefined;
    const [, , , reference = ''] = url.split(/[/?]/);
    return [invocationOf(decodeURIComponent(reference))];
  },
};

/** Of a request in JSON; none of any other, whose permissions are unknown then. */
function fieldsOf<Fields>(body: Buffer): Partial<Fields> {
  try {
    return JSON.parse(body.toString()) as Partial<Fields>;
  } catch {
    return {};
  }
}

/** @param reference name or ARN of the function */
export function invocationOf(reference: string): Requirement {
  const resource = reference.startsWith('arn:') ? reference : functionArn(reference);
  return { action: 'lambda:InvokeFunction', resource };
}

/** S3's operations that need a permission of another name (S3 user guide, "Required permissions for S3 API operations"). */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
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

function s3Requirements(request: AwsRequest, operation: string): Requirement[] | undefined {
  const action = S3_ACTIONS[operation];
  if (action === undefined) return undefined;
  const { bucket, key } = s3Address(request);
  const resource = key === '' ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}`;
  return [{ action: `s3:${action}`, resource }];
}

/** Not parsed as a URL, which would resolve `/../` in a key. */
export function s3Address({ url }: AwsRequest): { bucket: string; key: string } {
  const [path = ''] = url.split('?');
  const [, bucket = '', ...key] = path.split('/');
  return { bucket, key: decodeURIComponent(key.join('/')) };
}
