import { Router } from '@aws-lambda-powertools/event-handler/http';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { logger, observed } from '../observability.ts';
import { answerFor } from './answers.ts';
import { type ApiRequest, readRequest } from './request.ts';

/**
 * Adds the routes that answer one request. Whatever a route throws becomes an answer: see
 * answers.ts.
 */
export type AddRoutes = (router: Router, request: ApiRequest, context: Context) => void;

/**
 * A Lambda behind API Gateway's proxy integration.
 *
 * @param siteOrigin the one origin whose pages may read the answers
 */
export function createApi(siteOrigin: string, addRoutes: AddRoutes) {
  return observed(async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const router = new Router({ logger });
    addRoutes(router, readRequest(event), context);
    router.errorHandler(Error, async error => {
      const response = answerFor(error);
      if (response.status >= 500) logger.error('Failed', { error });
      return response;
    });
    const { headers, ...result } = await router.resolve(withRouteOnly(event), context);
    logger.info('Answered', {
      method: event.httpMethod,
      resource: event.resource,
      status: result.statusCode,
    });
    return { ...result, headers: { ...headers, ...headersOfEveryAnswer(siteOrigin) } };
  });
}

/**
 * Only what the router needs to find the route. Before it handles errors it makes a web `Request`
 * of whatever it gets, and that throws for a GET with a body and for headers outside Latin-1.
 */
function withRouteOnly(event: APIGatewayProxyEvent): APIGatewayProxyEvent {
  return {
    ...event,
    headers: {},
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    body: null,
  };
}

function headersOfEveryAnswer(siteOrigin: string) {
  return {
    'access-control-allow-origin': siteOrigin,
    'access-control-expose-headers': 'ETag, Location',
    // Students are private, and the state of a refresh changes: no cache may keep either.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}
