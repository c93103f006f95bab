import { describe, expect, it } from 'vitest';
import { apiRequestCode } from '../../infra/edge/edge-code.ts';
import { createEdgeFunction } from '../../infra/local/services/cloudfront/edge-function.ts';
import type { ViewerRequest } from '../../infra/local/services/cloudfront/messages.ts';

const KEY = "key-$&-$'-value";

/**
 * What the function in front of the API makes of a viewer's request, in the local edge's own
 * runtime.
 */
function passed(request: Partial<ViewerRequest>) {
  const run = createEdgeFunction('ApiRequest', {
    Name: 'api-request',
    AutoPublish: true,
    FunctionCode: apiRequestCode(KEY.replaceAll("'", "\\'")),
    FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
  });
  const verdict = run(
    { method: 'GET', url: '/api/students', headers: { host: 'h' }, body: Buffer.alloc(0), ...request },
    { distributionId: 'E1', distributionDomainName: 'd1', requestId: 'r', log: () => undefined },
  );
  if (!('request' in verdict)) throw new Error('It answered instead of passing the request on');
  return verdict.request;
}

describe('The function in front of the API', () => {
  it.each([
    ['/api/students', '/students'],
    ['/api/students/SV001', '/students/SV001'],
    ['/api/students?limit=2&next=a%2Fb&limit=3', '/students?limit=2&next=a%2Fb&limit=3'],
    ['/api/', '/'],
    ['/api/api/students', '/api/students'],
    ['/api/students/%2Fapi%2F', '/students/%2Fapi%2F'],
    ['/api//students', '//students'],
  ])('passes %s on as %s', (url, expected) => {
    expect(passed({ url }).url).toBe(expected);
  });

  it('adds the key, exactly as it is', () => {
    expect(passed({}).headers).toEqual({ host: 'h', 'x-api-key': KEY });
  });

  it('replaces a key that the viewer sends', () => {
    expect(passed({ headers: { host: 'h', 'x-api-key': 'mine' } }).headers).toEqual({
      host: 'h',
      'x-api-key': KEY,
    });
  });

  it('leaves method, body, cookies and other headers alone', () => {
    const request = {
      method: 'PUT',
      headers: { host: 'h', 'if-match': '"1"', cookie: 'a=1; b=2' },
      body: Buffer.from('{}'),
    };
    expect(passed(request)).toMatchObject({
      ...request,
      headers: { ...request.headers, 'x-api-key': KEY },
    });
  });

  it('is a script small enough for CloudFront', () => {
    const code = apiRequestCode('x'.repeat(128));
    expect(Buffer.byteLength(code)).toBeLessThan(10 * 1024);
    expect(code).not.toMatch(/^\s*(?:import|export)\b/m);
  });
});
