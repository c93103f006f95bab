import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';

/** Of an API's function. */
export const CONTEXT = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'api',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:api',
  memoryLimitInMB: '512',
  awsRequestId: 'request',
  logGroupName: 'logs',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 28_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
} satisfies Context;

/** What API Gateway's Lambda proxy integration makes of a request. */
export function eventOf(route: string, body: unknown, headers: Record<string, string>): APIGatewayProxyEvent {
  const [httpMethod = '', address = ''] = route.split(' ');
  const { pathname: path, searchParams } = new URL(address, 'https://api.example');
  const query = [...searchParams];
  const lists = query.map(([name]) => [name, searchParams.getAll(name)]);
  return {
    resource: path.replace(/^\/(\w+)\/.+/, '/$1/{id}'),
    path,
    httpMethod,
    headers,
    multiValueHeaders: {},
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(lists),
    pathParameters: null,
    stageVariables: null,
    // Of the request's context, only this is read.
    requestContext: { domainName: 'api.example' } as APIGatewayProxyEvent['requestContext'],
    body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
    isBase64Encoded: false,
  };
}

export function readAnswer({ statusCode, headers = {}, body }: APIGatewayProxyResult) {
  return { status: statusCode, headers, body: body === '' ? undefined : JSON.parse(body) };
}
