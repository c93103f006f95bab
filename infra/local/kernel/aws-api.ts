import type { IncomingHttpHeaders } from 'node:http';

/** One AWS API call as it reached the local endpoint, read whole. */
export interface AwsRequest {
  /**
   * Signing name of the service from the credential scope: `s3`, `sqs`, `dynamodb`, `states`,
   * `cloudfront` …
   */
  readonly service: string;
  /**
   * Who calls: a role by its name, or an AWS service by the ARN of the resource for which it calls.
   * Any other name is an administrator's.
   */
  readonly caller: string;
  readonly method: string;
  /** Path with query string, exactly as sent; begins with a slash. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** The URL of a request. Resolved as a reference, `//` would be a host. */
export function urlOf({ url }: Pick<AwsRequest, 'url'>): URL {
  return new URL(`http://aws${url}`);
}

/** A local implementation of one AWS API. Every call gets an answer, errors included. */
export type AwsService = (request: AwsRequest) => Promise<AwsResponse>;

/** The account and region that every local ARN names. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

/** An AWS error with its code. The API that throws it writes it in its own protocol. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/**
 * A service whose AwsErrors are answers, written in its own protocol. Other errors are bugs and
 * pass through.
 */
export function answeringErrors(service: AwsService, answer: (error: AwsError) => AwsResponse): AwsService {
  return async request => {
    try {
      return await service(request);
    } catch (error) {
      if (error instanceof AwsError) return answer(error);
      throw error;
    }
  };
}

/** AWS JSON by its version (Step Functions, SQS …), or the JSON of REST (Lambda, SES v2 …). */
export type JsonProtocol = '1.0' | '1.1' | 'REST';

/** Success in JSON. */
export function jsonResponse(value: unknown, protocol: JsonProtocol = '1.0'): AwsResponse {
  return { status: 200, headers: { 'content-type': typeOf(protocol) }, body: JSON.stringify(value) };
}

function typeOf(protocol: JsonProtocol): string {
  return protocol === 'REST' ? 'application/json' : `application/x-amz-json-${protocol}`;
}

/** An error in JSON. SDKs read the code from `__type` or the header. */
export function jsonErrorResponse(error: AwsError, protocol: JsonProtocol = '1.0'): AwsResponse {
  return {
    status: error.status,
    headers: { 'content-type': typeOf(protocol), 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}

/** A call made inside the local cloud in the AWS JSON protocol, as an SDK would send it. */
export function jsonRequest(
  service: string,
  target: string,
  input: unknown,
  caller: string,
  version: '1.0' | '1.1' = '1.0',
): AwsRequest {
  return {
    service,
    caller,
    method: 'POST',
    url: '/',
    headers: {
      host: 'localhost',
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': target,
      'x-amz-date': '20000101T000000Z',
      authorization: authorizationOf(caller, service),
    },
    body: Buffer.from(JSON.stringify(input)),
  };
}

/** The header that names service and caller to the local endpoint and the emulators behind it. */
export function authorizationOf(caller: string, service: string): string {
  const scope = `${caller}/20000101/${LOCAL_REGION}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
}
