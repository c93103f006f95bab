import { describe, expect, it } from 'vitest';
import { KEY, SITE, startApi } from './school-api.ts';

describe('The event of a proxy integration', () => {
  it('is exactly format 1.0', async () => {
    const { send } = await startApi({ now: () => Date.parse('2026-01-02T03:04:05.678Z') });
    const headers = { Host: 'api.example', 'X-API-Key': KEY, 'X-Two': ['1', '2'], 'User-Agent': 'test' };
    const { text } = await send('GET /prod/students/SV%2F1?a=1&a=2&b=%C3%A4+x&c', { headers });
    const forwarded = {
      Host: 'api.example',
      'X-API-Key': KEY,
      'User-Agent': 'test',
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    };
    const lists = Object.fromEntries(Object.entries(forwarded).map(([name, value]) => [name, [value]]));
    expect(JSON.parse(text)).toEqual({
      resource: '/students/{studentid}',
      path: '/students/SV%2F1',
      httpMethod: 'GET',
      headers: { ...forwarded, 'X-Two': '2' },
      multiValueHeaders: { ...lists, 'X-Two': ['1', '2'] },
      queryStringParameters: { a: '2', b: 'ä x', c: '' },
      multiValueQueryStringParameters: { a: ['1', '2'], b: ['ä x'], c: [''] },
      pathParameters: { studentid: 'SV/1' },
      stageVariables: null,
      requestContext: {
        resourceId: 'student',
        resourcePath: '/students/{studentid}',
        httpMethod: 'GET',
        extendedRequestId: expect.any(String),
        requestTime: '02/Jan/2026:03:04:05 +0000',
        path: '/prod/students/SV%2F1',
        accountId: '000000000000',
        protocol: 'HTTP/1.1',
        stage: 'prod',
        domainPrefix: 'api1',
        requestTimeEpoch: Date.parse('2026-01-02T03:04:05.678Z'),
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
        identity: {
          cognitoIdentityPoolId: null,
          accountId: null,
          cognitoIdentityId: null,
          caller: null,
          sourceIp: '127.0.0.1',
          principalOrgId: null,
          accessKey: null,
          cognitoAuthenticationType: null,
          cognitoAuthenticationProvider: null,
          userArn: null,
          userAgent: 'test',
          user: null,
          apiKey: KEY,
          apiKeyId: 'key1',
        },
        domainName: 'api1.execute-api.us-east-1.amazonaws.com',
        deploymentId: 'dep1',
        apiId: 'api1',
      },
      body: null,
      isBase64Encoded: false,
    });
  });

  it('has null for what is missing, and the body as a string', async () => {
    const { send } = await startApi();
    const { text } = await send('PUT /prod/one/two', { headers: {}, body: '{"name":"Zoë"}' });
    expect(JSON.parse(text)).toMatchObject({
      resource: '/{path+}',
      pathParameters: { path: 'one/two' },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: '{"name":"Zoë"}',
    });
    const list = await send('GET /prod/students/');
    expect(JSON.parse(list.text)).toMatchObject({ resource: '/students', pathParameters: null });
  });

  it('keeps X-Forwarded-For', async () => {
    const { send } = await startApi();
    const headers = { 'x-api-key': KEY, 'x-forwarded-for': '198.51.100.7' };
    expect(JSON.parse((await send('GET /prod/students', { headers })).text)).toMatchObject({
      headers: { 'X-Forwarded-For': '198.51.100.7, 127.0.0.1' },
    });
  });
});

describe('The answer of a proxy integration', () => {
  const answer = async (value: unknown) => {
    const { send } = await startApi();
    return send('POST /prod/students', { body: JSON.stringify(value) });
  };

  it('has status, headers and body; numbers and booleans are headers too', async () => {
    expect(
      await answer({
        statusCode: 201,
        headers: { Location: '/students/1', 'X-N': 1, 'X-B': true },
        body: 'ä',
      }),
    ).toMatchObject({
      status: 201,
      headers: { location: '/students/1', 'x-n': '1', 'x-b': 'true', 'content-type': 'application/json' },
      text: 'ä',
    });
  });

  it('that is empty is an empty 200', async () => {
    expect(await answer({})).toMatchObject({ status: 200, text: '' });
  });

  it('may have a header of several values, which wins over one of the same name', async () => {
    const value = {
      statusCode: 204,
      headers: { 'set-cookie': 'lost', 'X-One': '1' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
    };
    expect((await answer(value)).headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-one': '1' });
  });

  it('gets the connection’s headers under another name', async () => {
    const { headers } = await answer({ headers: { Server: 'mine', 'Content-Length': '999' }, body: 'x' });
    expect(headers).toMatchObject({
      'x-amzn-remapped-server': 'mine',
      'x-amzn-remapped-content-length': '999',
      'content-length': '1',
    });
  });

  it('marked as base64 is sent as it is, since the API has no binary types', async () => {
    expect((await answer({ body: 'eA==', isBase64Encoded: true })).text).toBe('eA==');
  });
});

describe('A preflight', () => {
  it('is answered without a key and without the function', async () => {
    const { send } = await startApi({ mayInvoke: () => false });
    expect(await send('OPTIONS /prod/students', { headers: {} })).toMatchObject({
      status: 204,
      text: '',
      headers: { 'access-control-allow-origin': SITE },
    });
  });
});

describe('As an origin of CloudFront', () => {
  const request = {
    originId: 'api',
    domainName: 'api1.execute-api.us-east-1.amazonaws.com',
    originPath: '/prod',
    customHeaders: {},
    method: 'GET',
    url: '/prod/students/SV1',
    headers: { host: 'api1.execute-api.us-east-1.amazonaws.com', 'x-api-key': KEY },
    body: Buffer.alloc(0),
  };

  it('the same API answers, known by its domain', async () => {
    const { gateway } = await startApi();
    const response = await gateway.fetchOrigin(request);
    expect(response?.status).toBe(200);
    expect(JSON.parse(response?.body.toString() ?? '')).toMatchObject({
      pathParameters: { studentid: 'SV1' },
    });
  });

  it('the same API may set several cookies, one to a line', async () => {
    const { gateway } = await startApi();
    const cookies = ['a=1; Expires=Wed, 05 Apr 2028 07:28:00 GMT', 'b=2'];
    const value = { statusCode: 204, multiValueHeaders: { 'Set-Cookie': cookies, 'X-Two': ['1', '2'] } };
    const response = await gateway.fetchOrigin({
      ...request,
      method: 'POST',
      url: '/prod/students',
      body: Buffer.from(JSON.stringify(value)),
    });
    expect(response?.headers).toMatchObject({ 'set-cookie': cookies.join('\n'), 'x-two': '1, 2' });
  });

  it('another domain is not its own', async () => {
    const { gateway } = await startApi();
    expect(
      gateway.fetchOrigin({ ...request, domainName: 'site.s3.us-east-1.amazonaws.com' }),
    ).toBeUndefined();
  });
});
