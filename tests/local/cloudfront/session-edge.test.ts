import { expect, it } from 'vitest';
import { EDGE_KEY, sessionExamples, sessionRequest } from '../../helpers/session-examples.ts';
import { FUNCTION_ARN, openSite } from './site.ts';

const SESSION_REQUEST = {
  Name: 'session-request',
  AutoPublish: true,
  FunctionCode: sessionRequest(),
  FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
};
const NOW = Math.floor(Date.now() / 1000);

it.each(sessionExamples(NOW))('Through the edge: $what', async ({ request, becomes }) => {
  const { get, origin } = openSite({}, { functions: new Map([[FUNCTION_ARN, SESSION_REQUEST]]) });
  const { url, headers, ...rest } = request;
  const { status } = await get(url, headers, rest);
  const asked = origin.asked.filter(({ originId }) => originId === 'api');
  if (typeof becomes === 'number') {
    expect(asked).toEqual([]);
    // Paths outside of `/api` belong to the site's files, which have no function.
    if (origin.asked.length === 0) expect(status).toBe(becomes);
    expect(JSON.stringify(origin.asked)).not.toContain(EDGE_KEY);
    return;
  }
  expect(asked.map(each => each.url)).toEqual([`/prod${becomes.url}`]);
  expect(asked[0]?.headers).toMatchObject({
    ...becomes.headers,
    host: 'x.execute-api.us-east-1.amazonaws.com',
  });
  const names = Object.keys(asked[0]?.headers ?? {}).filter(name => /user$|key|cookie/.test(name));
  expect(names.filter(name => !(name in becomes.headers))).toEqual([]);
});
