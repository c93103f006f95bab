import { describe, expect, it } from 'vitest';
import { type HeaderFields, isFromOwnPage, isRead } from '../../../../shared/school/session/same-origin.ts';

const HOST = 'd1.cloudfront.net';
const OWN_ORIGIN = `https://${HOST}`;

const fields = (headers: Record<string, string>): HeaderFields =>
  Object.fromEntries(Object.entries({ host: HOST, ...headers }).map(([name, value]) => [name, { value }]));

describe('A request is from our own page', () => {
  it.each([
    { when: 'the browser says so', headers: { 'sec-fetch-site': 'same-origin' } },
    {
      when: 'the browser says so, whatever its Origin',
      headers: { 'sec-fetch-site': 'same-origin', origin: 'null' },
    },
    { when: 'its Origin is our host', headers: { origin: OWN_ORIGIN } },
    {
      when: 'its Origin is our host and port',
      headers: { host: `${HOST}:8443`, origin: `${OWN_ORIGIN}:8443` },
    },
  ])('if $when', ({ headers }) => {
    expect(isFromOwnPage(fields(headers))).toBe(true);
  });
});

describe('A request is from elsewhere', () => {
  it.each([
    ...['same-site', 'cross-site', 'none', '', 'Same-Origin', 'same-origin, same-origin'].map(site => ({
      when: `Sec-Fetch-Site is ${JSON.stringify(site)}, even if its Origin is ours`,
      headers: { 'sec-fetch-site': site, origin: OWN_ORIGIN },
    })),
    ...[
      'null',
      '',
      HOST,
      `http://${HOST}`,
      `https://${HOST}.evil.example`,
      `https://evil.example/${HOST}`,
      `https://x@${HOST}`,
      `https://${HOST}:8443`,
      `https://a.${HOST}`,
      `${OWN_ORIGIN}/`,
      `https://evil.example ${OWN_ORIGIN}`,
    ].map(origin => ({ when: `its Origin is ${JSON.stringify(origin)}`, headers: { origin } })),
    { when: 'it says nothing', headers: {} },
    { when: 'Host and Origin are empty', headers: { host: '', origin: 'https://' } },
  ])('if $when', ({ headers }) => {
    expect(isFromOwnPage(fields(headers))).toBe(false);
  });

  it.each(['sec-fetch-site', 'origin', 'host'])('if it has two headers %s', name => {
    const own =
      name === 'sec-fetch-site' ? fields({ [name]: 'same-origin' }) : fields({ origin: OWN_ORIGIN });
    const value = own[name]?.value ?? '';
    expect(isFromOwnPage(own)).toBe(true);
    expect(isFromOwnPage({ ...own, [name]: { value, multiValue: [{ value }, { value }] } })).toBe(false);
  });

  it('if it has an Origin and no Host', () => {
    expect(isFromOwnPage({ origin: { value: 'https://undefined' } })).toBe(false);
  });
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'get', ''])('%j may be a write', method => {
  expect(isRead(method)).toBe(false);
});
