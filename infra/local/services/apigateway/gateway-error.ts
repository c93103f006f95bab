import type { GatewayResponse } from './definition.ts';
import type { ApiResponse } from './messages.ts';

/**
 * API Gateway's own answers: status, message, and the exception named in `x-amzn-ErrorType`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const RESPONSES = {
  API_CONFIGURATION_ERROR: [500, 'Internal server error', 'InternalServerErrorException'],
  BAD_REQUEST_PARAMETERS: [400, 'Bad Request', 'BadRequestException'],
  INTEGRATION_FAILURE: [502, 'Internal server error', 'InternalServerErrorException'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out', 'InternalServerErrorException'],
  INVALID_API_KEY: [403, 'Forbidden', 'ForbiddenException'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token', 'MissingAuthenticationTokenException'],
  QUOTA_EXCEEDED: [429, 'Limit Exceeded', 'LimitExceededException'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long', 'RequestTooLargeException'],
  THROTTLED: [429, 'Too Many Requests', 'TooManyRequestsException'],
} as const;

export type GatewayErrorType = keyof typeof RESPONSES;

/** A request that API Gateway answers itself, without the integration. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly type: GatewayErrorType;

  constructor(type: GatewayErrorType, options?: ErrorOptions) {
    super(RESPONSES[type][1], options);
    this.type = type;
  }
}

/**
 * @param customised the API's gateway responses: one of this type wins over the default of its
 * class
 */
export function gatewayResponse(
  { type }: GatewayError,
  customised: ReadonlyMap<string, GatewayResponse>,
): ApiResponse {
  const [status, message, exception] = RESPONSES[type];
  const custom = customised.get(type) ?? customised.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  return {
    status: custom?.status ?? status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': exception, ...custom?.headers },
    body: JSON.stringify({ message }),
  };
}

/** For a URL that names no stage: the gateway responses of no API apply. */
export const UNKNOWN_STAGE = gatewayResponse(new GatewayError('INVALID_API_KEY'), new Map());

export const MAX_BODY_BYTES = 10_485_760;

/** Refused before the API is known: in plain text, and without its gateway responses. */
export const BODY_TOO_LARGE: ApiResponse = {
  status: 413,
  headers: { 'Content-Type': 'text/plain' },
  body: `HTTP content length exceeded ${MAX_BODY_BYTES} bytes.`,
};
