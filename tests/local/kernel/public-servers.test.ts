import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { openPublicServers } from '../../../infra/local/kernel/public-servers.ts';
import { refOnly } from '../../../infra/local/template/resource.ts';

const TYPE = 'AWS::CloudFront::Distribution';
const TYPES = {
  [TYPE]: {
    identity: () => refOnly('E1'),
    emulated: [],
    published: { urlOf: () => 'https://d1.cloudfront.net', port: 'site' },
  },
};

it('A request that comes before its service has started is answered once it has', async () => {
  const resource = { ...refOnly('E1'), logicalId: 'Distribution', type: TYPE, properties: {} };
  const servers = await openPublicServers([resource], TYPES, {}, stop => onTestFinished(stop));
  const { hostname, port } = new URL(servers.urlOf('E1'));
  const early = connect(Number(port), hostname);
  early.write('GET /early HTTP/1.1\r\nhost: d1\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n');
  const [taken] = await once(early, 'data');
  expect(String(taken)).toMatch(/^HTTP\/1\.1 100 /);
  servers.serve(TYPE, () => (request, response) => response.end(`answer to ${request.url}`));
  expect(await text(early)).toContain('answer to /early');
  expect(await (await fetch(`${servers.urlOf('E1')}/late`)).text()).toBe('answer to /late');
});
