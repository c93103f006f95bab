/**
 * The two APIs of SES, which share a signing name: v1 in the Query protocol and XML, v2 in REST and
 * JSON.
 */
import { operationOf } from '../../kernel/action-names.ts';
import { fieldsOf } from '../../kernel/api-traits.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  jsonErrorResponse,
  urlOf,
} from '../../kernel/aws-api.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';

const NAMESPACE = 'http://ses.amazonaws.com/doc/2010-12-01/';

/** The actions of v1 that are emulated. */
export const OF_VERSION_1: readonly string[] = ['SendEmail', 'SendRawEmail'];

export function isVersion1({ url }: AwsRequest): boolean {
  return !url.startsWith('/v2/');
}

/** An error in the protocol of the request. */
export function sesErrorResponse(request: AwsRequest, error: AwsError): AwsResponse {
  return isVersion1(request) ? xmlErrorResponse(error, NAMESPACE) : jsonErrorResponse(error, 'REST');
}

/**
 * Undefined for a request that aws-ses-v2-local may see: it leaves unknown ones of v1 unanswered.
 */
export function refusalByVersion(request: AwsRequest): AwsResponse | undefined {
  if (!isVersion1(request)) return undefined;
  const action = operationOf(request);
  if (request.method === 'POST' && OF_VERSION_1.includes(action)) return undefined;
  return sesErrorResponse(
    request,
    new AwsError(
      'InvalidAction',
      `The local SES does not emulate ${action || 'a request without action'} of SES v1`,
    ),
  );
}

/** An answer of aws-ses-v2-local, as SES would write it. */
export function asSesAnswers(request: AwsRequest, answer: AwsResponse): AwsResponse {
  if (answer.status >= 400) return sesErrorResponse(request, errorIn(answer, request));
  return isVersion1(request)
    ? { ...answer, headers: { ...answer.headers, 'content-type': 'text/xml' } }
    : answer;
}

function errorIn({ status, body }: AwsResponse, request: AwsRequest): AwsError {
  const text = String(body);
  if (text.includes('UnknownOperationException')) {
    const { pathname } = urlOf(request);
    const operation = `${request.method} ${pathname}`;
    return new AwsError('NotImplemented', `The local SES does not emulate ${operation}`, 501);
  }
  const { type, message, detail } = fieldsOf<Refusal>(Buffer.from(text));
  const code = type ?? (isVersion1(request) ? 'ValidationError' : 'BadRequestException');
  return new AwsError(code, detail ?? message ?? text, status);
}

/** As aws-ses-v2-local writes it. */
interface Refusal {
  readonly type?: string;
  readonly message?: string;
  readonly detail?: string;
}
