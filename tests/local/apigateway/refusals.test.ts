import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../infra/local/kernel/aws-api.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { apiGatewayOf } from '../../../infra/local/services/apigateway/definition.ts';
import { apiResource, KEY, lambdaIntegration, method, SITE, schoolApi, startApi } from './school-api.ts';

/** A refusal as API Gateway makes it, with the API's own gateway responses. */
const refusal = (status: number, message: string, exception: string) => ({
  status,
  text: JSON.stringify({ message }),
  headers: expect.objectContaining({
    'content-type': 'application/json',
    'x-amzn-errortype': exception,
    'access-control-allow-origin': SITE,
    'x-amzn-requestid': expect.stringMatching(/^[\da-f-]{36}$/),
  }),
});

describe('The API key', () => {
  const forbidden = refusal(403, 'Forbidden', 'ForbiddenException');

  it.each([
    ['is missing', {}],
    ['is unknown', { 'x-api-key': 'nobody-has-such-a-key' }],
    ['is in no usage plan', { 'x-api-key': 'key-without-any-plan-0' }],
    ['is disabled', { 'x-api-key': 'key-that-is-disabled-0' }],
  ])('answers 403 Forbidden when it %s', async (_, headers) => {
    const { send } = await startApi();
    expect(await send('GET /prod/students', { headers })).toEqual(forbidden);
  });

  it('answers 403 Forbidden when its plan is for another stage', async () => {
    const stage = apiResource('Stage', 'test', {
      RestApiId: 'api1',
      StageName: 'test',
      DeploymentId: 'dep2',
    });
    const { send } = await startApi({ resources: [...schoolApi(), stage] });
    expect(await send('GET /test/students')).toEqual(forbidden);
  });

  it('is found in any spelling of its header, and is only needed by methods that require it', async () => {
    const { send } = await startApi();
    expect(await send('GET /prod/students', { headers: { 'X-API-Key': KEY } })).toMatchObject({
      status: 200,
    });
    expect(await send('GET /prod/anything', { headers: {} })).toMatchObject({ status: 200 });
  });
});

describe('A URL', () => {
  const unknown = refusal(403, 'Missing Authentication Token', 'MissingAuthenticationTokenException');

  it.each([
    'GET /prod',
    'GET /prod/',
    'PATCH /prod/students',
    'HEAD /prod/students/SV1',
    'GET /prod//students',
  ])('%s leads to no method: 403 Missing Authentication Token', async line => {
    const { send } = await startApi();
    const { text, ...answer } = unknown;
    expect(await send(line)).toEqual({ ...answer, text: line.startsWith('HEAD') ? '' : text });
  });

  it.each(['GET /', 'GET /students', 'GET /test/students'])(
    '%s names no stage: 403 without gateway responses',
    async line => {
      const { send } = await startApi();
      const answer = await send(line);
      expect(answer).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('whose path cannot be decoded is a bad request', async () => {
    const { send } = await startApi();
    expect(await send('GET /prod/students/%E0%A4%A')).toEqual(
      refusal(400, 'Bad Request', 'BadRequestException'),
    );
  });
});

describe('API Gateway’s limits:', () => {
  const throttled = refusal(429, 'Too Many Requests', 'TooManyRequestsException');
  const exceeded = refusal(429, 'Limit Exceeded', 'LimitExceededException');
  const plan = { Throttle: { RateLimit: 2, BurstLimit: 3 } };
  const unauthorised = { headers: {} };

  it('a burst is served, the next request throttled, and one more half a second later', async () => {
    let now = 0;
    const { send } = await startApi({ resources: schoolApi({ plan }), now: () => now });
    const statuses = async (count: number) => {
      const answers = [];
      for (let sent = 0; sent < count; sent++) answers.push((await send('GET /prod/students')).status);
      return answers;
    };
    expect(await statuses(3)).toEqual([200, 200, 200]);
    expect(await send('GET /prod/students')).toEqual(throttled);
    now += 500;
    expect(await statuses(2)).toEqual([200, 429]);
    now += 60_000;
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it('requests without a valid key use up nobody’s limit', async () => {
    const { send } = await startApi({ resources: schoolApi({ plan }), now: () => 0 });
    for (let sent = 0; sent < 5; sent++) await send('GET /prod/students', unauthorised);
    expect(await send('GET /prod/students')).toMatchObject({ status: 200 });
  });

  it('a stage’s throttle counts for each method by itself, also without a key', async () => {
    const MethodSettings = [
      { ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 },
    ];
    const { send } = await startApi({ resources: schoolApi({ stage: { MethodSettings } }), now: () => 0 });
    expect(await send('OPTIONS /prod/students', unauthorised)).toMatchObject({ status: 204 });
    expect(await send('OPTIONS /prod/students', unauthorised)).toEqual(throttled);
    expect(await send('GET /prod/students')).toMatchObject({ status: 200 });
  });

  it('a plan’s limit for a method holds for it alone, within the plan’s own', async () => {
    const strict = { '/students/GET': { RateLimit: 1, BurstLimit: 1 } };
    const ApiStages = [{ ApiId: 'api1', Stage: 'prod', Throttle: strict }];
    let now = 0;
    const { send } = await startApi({
      resources: schoolApi({ plan: { ...plan, ApiStages } }),
      now: () => now,
    });
    expect(await send('GET /prod/students')).toMatchObject({ status: 200 });
    expect(await send('GET /prod/students')).toEqual(throttled);
    expect(await send('GET /prod/students/SV1')).toMatchObject({ status: 200 });
    expect(await send('GET /prod/students/SV1')).toMatchObject({ status: 200 });
    expect(await send('GET /prod/students/SV1')).toEqual(throttled);
    now += 1000;
    expect(await send('GET /prod/students')).toMatchObject({ status: 200 });
  });

  it('a quota counts per day without throttled requests, and survives a restart', async () => {
    let now = Date.parse('2026-11-22T23:59:00Z');
    const store = openDurableStore();
    const options = {
      resources: schoolApi({ plan: { Quota: { Limit: 2, Period: 'DAY' } } }),
      now: () => now,
      store,
    };
    const first = await startApi(options);
    expect(await first.send('GET /prod/students')).toMatchObject({ status: 200 });
    expect(await first.send('GET /prod/students')).toMatchObject({ status: 200 });
    expect(await first.send('GET /prod/students')).toEqual(exceeded);
    const second = await startApi(options);
    expect(await second.send('GET /prod/students')).toEqual(exceeded);
    now += 60_000;
    expect(await second.send('GET /prod/students')).toMatchObject({ status: 200 });
  });

  it('a body above 10 MB is refused in plain text, before anything else', async () => {
    const { send } = await startApi();
    const answer = await send('POST /prod/students', { body: Buffer.alloc(10_485_761, 'x') });
    expect(answer).toMatchObject({ status: 413, text: 'HTTP content length exceeded 10485760 bytes.' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('a body that API Gateway takes but Lambda does not is refused too', async () => {
    const { send } = await startApi();
    expect(await send('POST /prod/students', { body: Buffer.alloc(6_291_456, 'x') })).toEqual(
      refusal(413, 'Request Too Long', 'RequestTooLargeException'),
    );
  });
});

describe('The function', () => {
  const failed = (status: number) => refusal(status, 'Internal server error', 'InternalServerErrorException');

  it.each([
    ['nothing', 'null'],
    ['a string', '"hello"'],
    ['a body that is no text', '{"statusCode":200,"body":{}}'],
    ['a status that is none', '{"statusCode":"fine"}'],
    ['a header that is no text', '{"statusCode":200,"headers":{"a":{}}}'],
    ['a field that the format does not have', '{"statusCode":200,"cookies":[]}'],
  ])('answering %s is malformed: 502', async (_, body) => {
    const { send } = await startApi();
    expect(await send('POST /prod/students', { body })).toEqual(failed(502));
  });

  it('that throws is a 502', async () => {
    const { send } = await startApi();
    expect(await send('POST /prod/students', { body: 'not JSON' })).toEqual(failed(502));
  });

  it('that does not answer in time is a 504', async () => {
    const source = 'export const handler = () => new Promise(() => setInterval(() => {}, 1000));';
    const integration = lambdaIntegration({ TimeoutInMillis: 50 });
    const resources = schoolApi().filter(({ ref }) => ref !== 'GET-students');
    const { send } = await startApi({
      source,
      resources: [...resources, method('students', 'GET', { Integration: integration })],
    });
    expect(await send('GET /prod/students')).toEqual(
      refusal(504, 'Endpoint request timed out', 'InternalServerErrorException'),
    );
  });

  it('may take longer while it waits for a process, because on AWS it would not wait', async () => {
    const integration = lambdaIntegration({ TimeoutInMillis: 50 });
    const resources = schoolApi().filter(({ ref }) => ref !== 'GET-students');
    const { send } = await startApi({
      resources: [...resources, method('students', 'GET', { Integration: integration })],
      async invokeFunction(_name, _payload, onStart) {
        await pause(100);
        onStart();
        return { payload: '{}', requestId: 'late' };
      },
    });
    expect(await send('GET /prod/students')).toMatchObject({ status: 200 });
  });

  it('that Lambda refuses to invoke is a 500', async () => {
    const { send } = await startApi({
      invokeFunction: () => Promise.reject(new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)),
    });
    expect(await send('GET /prod/students')).toEqual(failed(500));
  });

  it('that the API may not invoke is a 500', async () => {
    const asked: unknown[] = [];
    const { send } = await startApi({
      mayInvoke: (functionArn, sourceArn) => {
        asked.push({ functionArn, sourceArn });
        return false;
      },
    });
    expect(await send('GET /prod/students/SV1')).toEqual(failed(500));
    expect(asked).toEqual([
      {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture',
        sourceArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/prod/GET/students/{studentid}',
      },
    ]);
  });
});

describe('A gateway response', () => {
  it('of the exact type wins over the default, with its own status', async () => {
    const own = apiResource('GatewayResponse', 'throttled', {
      RestApiId: 'api1',
      ResponseType: 'INVALID_API_KEY',
      StatusCode: '401',
      ResponseParameters: { 'gatewayresponse.header.WWW-Authenticate': "'Key'" },
    });
    const { send } = await startApi({ resources: [...schoolApi(), own] });
    const answer = await send('GET /prod/students', { headers: {} });
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Key' } });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('What is not emulated is refused by name', () => {
  const students = {
    RestApiId: 'api1',
    ResourceId: 'students',
    HttpMethod: 'PUT',
    AuthorizationType: 'NONE',
  };

  it.each([
    [
      'Method',
      { ...students, AuthorizationType: 'AWS_IAM', Integration: lambdaIntegration() },
      'AuthorizationType',
    ],
    ['Method', { ...students, Integration: lambdaIntegration({ Credentials: 'arn' }) }, 'Credentials'],
    ['Method', { ...students, Integration: { Type: 'HTTP_PROXY' } }, 'Integration'],
    ['RestApi', { Name: 'x', EndpointConfiguration: { Types: ['EDGE'] } }, 'EndpointConfiguration'],
    [
      'GatewayResponse',
      {
        RestApiId: 'api1',
        ResponseType: 'X',
        ResponseParameters: { 'gatewayresponse.header.A': 'method.request.b' },
      },
      'single quotes',
    ],
    ['UsagePlan', { UsagePlanName: 'x', Quota: { Limit: 1, Period: 'WEEK' } }, 'Period'],
    ['ApiKey', { Name: 'x', Value: 'too short' }, 'Value'],
  ])('%s with %j', (type, properties, name) => {
    const build = () => apiGatewayOf([apiResource(type, 'TheResource', properties)]);
    expect(build).toThrow('TheResource');
    expect(build).toThrow(name);
  });
});
