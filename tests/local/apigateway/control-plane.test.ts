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

  it('shows a key’s value only when asked to', async () => {
    expect((await call('/apikeys/key1')).body).toEqual(key);
    expect((await call('/apikeys/key1?includeValue=true')).body).toEqual({ ...key, value: KEY });
    const { body } = await call('/apikeys?includeValues=true&name=Student');
    expect(body).toEqual({ item: [{ ...key, value: KEY }] });
    expect(JSON.stringify((await call('/apikeys')).body)).not.toContain(KEY);
  });

  it('lists APIs and usage plans', async () => {
    expect((await call('/restapis')).body).toMatchObject({ item: [{ id: 'api1', name: 'student' }] });
    expect((await call('/usageplans/plan1')).body).toEqual({
      id: 'plan1',
      name: 'StudentUsagePlan',
      apiStages: [{ apiId: 'api1', stage: 'prod' }],
      throttle: { rateLimit: 20, burstLimit: 40 },
      quota: { limit: 100, offset: 0, period: 'DAY' },
    });
  });

  it('does not find what is not there', async () => {
    expect(await call('/apikeys/nope')).toEqual({
      status: 404,
      errorType: 'NotFoundException',
      body: { message: 'Invalid API Key identifier specified' },
    });
  });

  it.each([
    ['POST', '/apikeys'],
    ['GET', '/restapis/api1/resources'],
    ['GET', '/domainnames'],
  ])('refuses %s %s by name', async (method, url) => {
    const { status, body } = await call(url, method);
    expect(status).toBe(501);
    expect(body.message).toContain(`${method} ${url}`);
  });
});
