import { fieldsOf } from '../../kernel/api-traits.ts';
import { AwsError, type AwsResponse, type AwsService, jsonErrorResponse } from '../../kernel/aws-api.ts';

/**
 * Errors with another name in the Query protocol than in JSON: the trait `awsQueryError` of the
 * SDK's schemas.
 */
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  ...Object.fromEntries(
    [
      'BatchEntryIdsNotDistinct',
      'BatchRequestTooLong',
      'EmptyBatchRequest',
      'InvalidBatchEntryId',
      'MessageNotInflight',
      'PurgeQueueInProgress',
      'QueueDeletedRecently',
      'TooManyEntriesInBatchRequest',
      'UnsupportedOperation',
    ].map(code => [code, `AWS.SimpleQueueService.${code}`]),
  ),
};

/**
 * Writes fauxqs's errors as SQS does: only some codes have the prefix in the header that tells SDKs
 * the code of the Query protocol, and a failure inside is not the sender's fault.
 */
export function withSqsErrors(sqs: AwsService): AwsService {
  return async request => {
    const response = await sqs(request);
    return response.status < 400 ? response : sqsErrorResponse(errorIn(response));
  };
}

/** An error in JSON, with the header that carries the Query protocol's code. */
export function sqsErrorResponse(error: AwsError, queryCode = QUERY_CODES[error.code]): AwsResponse {
  const { headers, ...answer } = jsonErrorResponse(error);
  const fault = error.status < 500 ? 'Sender' : 'Receiver';
  return { ...answer, headers: { ...headers, 'x-amzn-query-error': `${queryCode ?? error.code};${fault}` } };
}

/** The error of an answer in JSON, with the code of the Query protocol. */
export function queryErrorIn(response: AwsResponse): AwsError {
  const { code, message, status } = errorIn(response);
  return new AwsError(QUERY_CODES[code] ?? code, message, status);
}

function errorIn({ status, body = '' }: AwsResponse): AwsError {
  const { __type: type, message = '' } = fieldsOf<{ __type: string; message: string }>(Buffer.from(body));
  return type === undefined
    ? new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.', 500)
    : new AwsError(type.replace(/^.*#/, ''), message, status);
}
