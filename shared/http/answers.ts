import { HttpError, RouteMatchingError } from '@aws-lambda-powertools/event-handler/http';
import { Refusal, RequestRefusedError } from './refusal.ts';

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

/** The answer to an error. Only refusals say what is wrong: a 500 reveals nothing. */
export function answerFor(error: Error): Response {
  const refusal = refusalFor(error);
  if (refusal === undefined) {
    return answer(500, {
      error: { code: 'Internal', message: 'Something went wrong here. Try again later.' },
    });
  }
  const { code, status, message, fields } = refusal;
  return answer(status, { error: { code, message, ...(fields.length === 0 ? {} : { fields }) } });
}

function refusalFor(error: Error): Refusal | undefined {
  if (error instanceof Refusal) return error;
  // The router's own errors: no route, or an empty or badly encoded path parameter.
  const isRouting =
    error instanceof RouteMatchingError ||
    error instanceof URIError ||
    (error instanceof HttpError && error.statusCode < 500);
  return isRouting ? new RequestRefusedError('NotFound', 'There is nothing at this address.') : undefined;
}
