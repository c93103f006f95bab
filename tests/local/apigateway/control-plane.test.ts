import { describe, expect, it } from 'vitest';
import { createControlPlane } from '../../../infra/local/services/apigateway/control-plane.ts';
import { apiGatewayOf } from '../../../infra/local/services/apigateway/definition.ts';
import { KEY, schoolApi } from './school-api.ts';

const plan = { Throttle: { RateLimit: 20, BurstLimit: 40 }, Quota: { Limit: 100, Period: 'DAY' } };
const api = createControlPlane(apiGatewayOf(schoolApi({ plan })), Date.parse('2026-01-01T00:00:00Z'));

async function call(url: string, method = 'GET') {
  const { status, headers, body } = await api({
    service: 'apigateway',
    caller: 'local',
    method,
    url,
    headers: {},
    body: Buffer.alloc(0),
  });
  return { status, errorType: headers?.['x-amzn-errortype'], body: JSON.parse(String(body)) };
}

describe('API Gateway’s own API', () => {
  const key = {
    id: 'key1',
    name: 'StudentApiKey',
    enabled: true,
    createdDate: 1_767_225_600,
    lastUpdatedDate: 1_767_225_600,
    stageKeys: ['api1/prod'],
  };

  it('shows a key’s value only if asked to', async () => {
    expect((await call('/apikeys/key1')).body).toEqual(key);
    expect((await call('/apikeys/key1?includeValue=true')).body).toEqual({ ...key, value: KEY });
  });

  it('refuses the id of no key', async () => {
    expect(await call('/apikeys/nope')).toEqual({
      status: 404,
      errorType: 'NotFoundException',
      body: { message: 'Invalid API Key identifier specified' },
    });
  });

  it.each([
    ['POST', '/apikeys'],
    ['GET', '/apikeys'],
    ['GET', '/restapis/api1'],
    ['GET', '/domainnames'],
  ])('refuses %s %s by name', async (method, url) => {
    const { status, body } = await call(url, method);
    expect(status).toBe(501);
    expect(body.message).toContain(`${method} ${url}`);
  });
});
