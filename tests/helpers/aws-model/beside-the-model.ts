/** What AWS answers although its model does not say so, each with its source. */
import type { Spoken } from './protocols.ts';

interface UnlistedErrors {
  /** Clients of the services that answer so. @default all */
  readonly clients?: readonly string[];
  readonly status: number;
  readonly codes: readonly string[];
  readonly source: string;
}

const UNLISTED: readonly UnlistedErrors[] = [
  {
    status: 400,
    codes: ['InvalidAction', 'MissingAction', 'ValidationException', 'ValidationError'],
    source:
      'API reference of each service, "Common Errors"; JSON has ValidationException, XML ValidationError',
  },
  {
    status: 500,
    codes: ['InternalFailure'],
    source: 'API reference of each service, "Common Errors"',
  },
  {
    clients: [
      'client-cognito-identity-provider',
      'client-dynamodb',
      'client-eventbridge',
      'client-secrets-manager',
      'client-sfn',
    ],
    status: 400,
    codes: ['AccessDeniedException'],
    source: 'API reference of each service, "Common Errors"',
  },
  {
    clients: ['client-api-gateway', 'client-lambda', 'client-sesv2', 'client-sqs'],
    status: 403,
    codes: ['AccessDeniedException'],
    source: 'REST services and SQS refuse with 403, as their users quote it',
  },
  {
    clients: ['client-cloudformation', 'client-cloudfront', 'client-cloudwatch', 'client-ses', 'client-sqs'],
    status: 403,
    codes: ['AccessDenied'],
    source: 'The same in XML, whose codes have no "Exception"',
  },
  {
    clients: ['client-cloudwatch', 'client-sqs'],
    status: 400,
    codes: ['InvalidParameterValue', 'MissingParameter'],
    source: 'Amazon SQS and CloudWatch API references, "Common Errors"',
  },
  {
    clients: ['client-dynamodb'],
    status: 400,
    codes: ['UnknownOperationException'],
    source: 'AWS JSON services, of an operation that they do not know',
  },
  {
    clients: ['client-s3'],
    status: 301,
    codes: ['PermanentRedirect'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 400,
    codes: [
      'BadDigest',
      'IncompleteBody',
      'InvalidArgument',
      'InvalidDigest',
      'InvalidPart',
      'InvalidRequest',
      'KeyTooLongError',
      'MalformedXML',
    ],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 403,
    codes: ['AccessDenied'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 404,
    codes: ['NoSuchBucket', 'NoSuchBucketPolicy', 'NoSuchKey', 'NoSuchUpload'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 409,
    codes: ['OperationAborted'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 412,
    codes: ['PreconditionFailed'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 500,
    codes: ['InternalError'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    clients: ['client-s3'],
    status: 503,
    codes: ['SlowDown'],
    source: 'S3 API reference, "Error responses"',
  },
  {
    status: 501,
    codes: ['NotImplemented', 'UnknownService'],
    source: 'The local cloud itself, of what it does not emulate',
  },
];

/** The status of an error that the model leaves out; undefined if AWS has no such error. */
export function statusOfUnlisted({ client }: Spoken, code: string): number | undefined {
  return UNLISTED.find(({ clients = [client], codes }) => clients.includes(client) && codes.includes(code))
    ?.status;
}

/** By structure and member. */
const UNLISTED_VALUES: Readonly<Record<string, readonly string[]>> = {
  // S3 takes them in any case and answers them capitalised: localstack/localstack#1249.
  'FilterRule.Name': ['Prefix', 'Suffix'],
};

/** Values of an enum that the model leaves out. */
export function unlistedValues(structure: string, member: string): readonly string[] {
  return UNLISTED_VALUES[`${structure}.${member}`] ?? [];
}

/** Members that are null where a service has nothing to say; others leave them out. */
export const NULLS: ReadonlySet<string> = new Set([
  // As Lambda's API writes the last page.
  'ListFunctionsResponse.NextMarker',
]);

/** Headers that S3 returns as they were uploaded, whatever their type in the model. */
export const AS_UPLOADED: ReadonlySet<string> = new Set(['expires']);
