import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { ConnectionCutError } from '../../infra/local/kernel/aws-endpoint.ts';
import type { Fault, Turn } from './turns.ts';

/** What may become of a call besides its answer. */
export interface Outcome {
  readonly name: string;
  /** Whether it can happen to a call. */
  readonly isPossible: (turn: Turn) => boolean;
  readonly fault: Fault;
  /**
   * Whether it also happens to what the SDK does next, the same call again: otherwise the SDK heals
   * it.
   */
  readonly everyAttempt: boolean;
}

const isOfFunction = ({ invocation }: Turn) => invocation !== undefined;
/** Of a function or the state machine: a service that waited for ever would be no service. */
const isOfProduct = (turn: Turn) => isOfFunction(turn) || turn.request.caller.includes('StateMachine');
const never = () => new Promise<never>(() => undefined);

/**
 * Everything that can happen to a call, where it can. Failures of conditions are among the lost
 * answers: the SDK repeats a write that took effect, and its condition does not hold any more.
 */
export const OUTCOMES: readonly Outcome[] = [
  {
    name: 'killed before',
    isPossible: isOfFunction,
    everyAttempt: false,
    fault({ invocation }) {
      invocation?.kill();
      return never();
    },
  },
  {
    name: 'killed after',
    isPossible: isOfFunction,
    everyAttempt: false,
    async fault({ invocation }, next) {
      await next();
      invocation?.kill();
      return never();
    },
  },
  {
    name: 'no answer',
    isPossible: isOfProduct,
    everyAttempt: false,
    async fault(_, next) {
      await next();
      return never();
    },
  },
  { name: 'answer lost', isPossible: () => true, everyAttempt: false, fault: loseAnswer },
  { name: 'answers lost', isPossible: isOfFunction, everyAttempt: true, fault: loseAnswer },
  {
    name: 'throttled',
    isPossible: turn => isOfProduct(turn) && errorsOf(turn).throttled !== undefined,
    everyAttempt: true,
    fault: async turn => refused(turn, errorsOf(turn).throttled),
  },
  {
    name: 'server error',
    isPossible: turn => errorsOf(turn).failed !== undefined,
    everyAttempt: true,
    fault: async turn => refused(turn, errorsOf(turn).failed),
  },
  {
    name: 'own error',
    isPossible: turn => isOfProduct(turn) && ownErrorOf(turn) !== undefined,
    everyAttempt: true,
    fault: async turn => refused(turn, ownErrorOf(turn)),
  },
];

async function loseAnswer(_: Turn, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
  await next();
  throw new ConnectionCutError();
}

interface AwsFailure {
  readonly code: string;
  readonly status: number;
}

/** Errors that every action of a service may give: its API reference, "Common errors". */
const COMMON_ERRORS: Readonly<
  Record<string, { readonly throttled: AwsFailure; readonly failed: AwsFailure }>
> = {
  dynamodb: {
    throttled: { code: 'ProvisionedThroughputExceededException', status: 400 },
    failed: { code: 'InternalServerError', status: 500 },
  },
  sqs: {
    throttled: { code: 'RequestThrottled', status: 403 },
    failed: { code: 'ServiceUnavailable', status: 503 },
  },
  states: {
    throttled: { code: 'ThrottlingException', status: 400 },
    failed: { code: 'ServiceUnavailable', status: 503 },
  },
  lambda: {
    throttled: { code: 'TooManyRequestsException', status: 429 },
    failed: { code: 'ServiceException', status: 500 },
  },
  ses: {
    throttled: { code: 'TooManyRequestsException', status: 429 },
    failed: { code: 'InternalServiceErrorException', status: 500 },
  },
  cloudfront: {
    throttled: { code: 'Throttling', status: 400 },
    failed: { code: 'ServiceUnavailable', status: 503 },
  },
  s3: { throttled: { code: 'SlowDown', status: 503 }, failed: { code: 'InternalError', status: 500 } },
};

/** Errors that one action alone gives. */
const OWN_ERRORS: Readonly<Record<string, AwsFailure>> = {
  CreateInvalidation: { code: 'TooManyInvalidationsInProgress', status: 400 },
  SendEmail: { code: 'SendingPausedException', status: 400 },
  StartExecution: { code: 'ExecutionLimitExceeded', status: 400 },
  // S3 may begin an answer with 200 before it fails: CompleteMultipartUpload, "Error responses".
  CompleteMultipartUpload: { code: 'InternalError', status: 200 },
};

const errorsOf = ({ request }: Turn): Partial<(typeof COMMON_ERRORS)[string]> =>
  COMMON_ERRORS[request.service] ?? {};
const ownErrorOf = ({ action }: Turn) => OWN_ERRORS[action];

function refused({ request }: Turn, failure: AwsFailure | undefined): AwsResponse {
  const { code, status } = failure ?? { code: 'InternalFailure', status: 500 };
  const message = 'Refused by a test';
  if (request.service === 's3')
    return xml(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  if (request.service === 'cloudfront')
    return xml(
      status,
      `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
  };
}

function xml(status: number, body: string): AwsResponse {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?>${body}` };
}
