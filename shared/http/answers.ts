import { HttpError, RouteMatchingError } from '@aws-lambda-powertools/event-handler/http';
import { type RefusalCode, RequestRefusedError } from '../errors.ts';

const STATUS: Readonly<Record<RefusalCode, number>> = {
  BadRequest: 400,
  ValidationFailed: 400,
  NotFound: 404,
  StudentNotFound: 404,
  RefreshNotFound: 404,
  StudentExists: 409,
  InProgress: 409,
  PreconditionFailed: 412,
  TooLarge: 413,
  UnsupportedMediaType: 415,
  IdempotencyMismatch: 422,
  TooManyRefreshes: 429,
};

export function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(body, { status, headers });
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** Every error of the API as its answer. What is not a refusal stays inside: a 500 says nothing about it. */
export function answerFor(error: Error): Response {
  const refusal = refusalFor(error);
  if (refusal === undefined) {
    return answer(500, {
      error: { code: 'Internal', message: 'Something went wrong here. Try again later.' },
    });
  }
  const { code, message, fields } = refusal;
  return answer(STATUS[code], { error: { code, message, ...(fields.length === 0 ? {} : { fields }) } });
}

function refusalFor(error: Error): RequestRefusedError | undefined {
  if (error instanceof RequestRefusedError) return error;
  // The router's own: no route, an empty or badly encoded path parameter.
  const isRouting =
    error instanceof RouteMatchingError ||
    error instanceof URIError ||
    (error instanceof HttpError && error.statusCode < 500);
  return isRouting ? new RequestRefusedError('NotFound', 'There is nothing at this address.') : undefined;
}
