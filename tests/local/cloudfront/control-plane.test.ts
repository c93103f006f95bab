import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  DeleteDistributionCommand,
  GetCachePolicyCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetInvalidationCommand,
  ListDistributionsCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront';
import { afterEach, describe, expect, it } from 'vitest';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { openSite } from './site.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** The real SDK, talking to the API through HTTP. */
async function clientOf(api: AwsService): Promise<CloudFrontClient> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const { method = 'GET', url = '/', headers } = request;
    const answer = await api({ service: 'cloudfront', caller: 'root', method, url, headers, body });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new CloudFrontClient(clientFor(`http://127.0.0.1:${port}`));
  cleanups.push(() => {
    client.destroy();
    server.close();
  });
  return client;
}

async function open(options: Parameters<typeof openSite>[1] = {}) {
  const site = openSite({}, { invalidationDelayMs: () => null, ...options });
  cleanups.push(() => site.cloudFront.stop());
  const client = await clientOf(site.cloudFront.api);
  const create = async (paths: readonly string[], reference: string = crypto.randomUUID(), id = 'E1') =>
    await client.send(
      new CreateInvalidationCommand({
        DistributionId: id,
        InvalidationBatch: {
          CallerReference: reference,
          Paths: { Quantity: paths.length, Items: [...paths] },
        },
      }),
    );
  return { ...site, client, create };
}

const numbered = (count: number, name: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => name(i));

describe('CreateInvalidation', () => {
  it('returns 201 with the invalidation in progress and its location', async () => {
    const { create } = await open();
    const answer = await create(['/a&b?x=1&y=2', '/%C3%A4%20b'], 'ref');
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(answer.Invalidation).toEqual({
      Id: expect.stringMatching(/^I[A-Z0-9]+$/),
      Status: 'InProgress',
      CreateTime: new Date('2026-01-01T00:00:00Z'),
      InvalidationBatch: {
        CallerReference: 'ref',
        Paths: { Quantity: 2, Items: ['/a&b?x=1&y=2', '/%C3%A4%20b'] },
      },
    });
    expect(answer.Location).toBe(
      `https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation/${answer.Invalidation?.Id}`,
    );
  });

  it('returns InProgress even if it completes at once', async () => {
    const { create, client } = await open({ invalidationDelayMs: 0 });
    const { Invalidation } = await create(['/a']);
    expect(Invalidation?.Status).toBe('InProgress');
    const later = await client.send(
      new GetInvalidationCommand({ DistributionId: 'E1', Id: Invalidation?.Id }),
    );
    expect(later.Invalidation?.Status).toBe('Completed');
  });

  it('returns the earlier invalidation for the same reference and paths', async () => {
    const { create, client } = await open();
    const first = await create(['/a', '/b'], 'ref');
    const again = await create(['/a', '/b'], 'ref');
    expect(again.Invalidation?.Id).toBe(first.Invalidation?.Id);
    expect(again.$metadata.httpStatusCode).toBe(201);
    const list = await client.send(new ListInvalidationsCommand({ DistributionId: 'E1' }));
    expect(list.InvalidationList?.Quantity).toBe(1);
  });

  it('refuses the same reference with other paths', async () => {
    const { create } = await open();
    await create(['/a'], 'ref');
    await expect(create(['/b'], 'ref')).rejects.toMatchObject({
      name: 'InvalidationBatchAlreadyExists',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each([
    { what: 'a raw tilde', paths: ['/ok', '/a~b'], name: 'InvalidArgument', status: 400 },
    { what: 'no path', paths: [], name: 'InvalidArgument', status: 400 },
    { what: '3,001 paths', paths: numbered(3001, i => `/${i}`), name: 'BatchTooLarge', status: 413 },
    {
      what: '16 wildcards',
      paths: numbered(16, i => `/${i}/*`),
      name: 'TooManyInvalidationsInProgress',
      status: 400,
    },
  ])('refuses $what', async ({ paths, name, status }) => {
    const { create } = await open();
    await expect(create(paths)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  it('refuses a quantity that is not the number of paths', async () => {
    const { client } = await open();
    const command = new CreateInvalidationCommand({
      DistributionId: 'E1',
      InvalidationBatch: { CallerReference: 'r', Paths: { Quantity: 2, Items: ['/a'] } },
    });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'InconsistentQuantities' });
  });

  it.each([
    { body: '', code: 'MissingBody' },
    { body: '<InvalidationBatch>', code: 'MalformedInput' },
    { body: '<InvalidationBatch/>', code: 'MalformedInput' },
  ])('refuses the body "$body" with $code', async ({ body, code }) => {
    const { cloudFront } = await open();
    const answer = await cloudFront.api({
      service: 'cloudfront',
      caller: 'root',
      method: 'POST',
      url: '/2020-05-31/distribution/E1/invalidation',
      headers: {},
      body: Buffer.from(body),
    });
    expect(answer.status).toBe(400);
    expect(String(answer.body)).toMatch(
      new RegExp(
        `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>.+</Message></Error><RequestId>.+</RequestId></ErrorResponse>`,
      ),
    );
  });

  it('knows only its own distributions', async () => {
    const { create } = await open();
    await expect(create(['/a'], 'r', 'E2')).rejects.toMatchObject({
      name: 'NoSuchDistribution',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('The quotas of paths in progress', () => {
  it('are 3,000 exact and 15 wildcard paths, independent of each other', async () => {
    const { create } = await open();
    await create(numbered(2900, i => `/a&b/${i}`));
    await create(numbered(15, i => `/w${i}*`));
    await create(numbered(100, i => `/b/${i}`));
    const refused = { name: 'TooManyInvalidationsInProgress', $metadata: { httpStatusCode: 400 } };
    await expect(create(['/one-more'])).rejects.toMatchObject(refused);
    await expect(create(['/one-more*'])).rejects.toMatchObject(refused);
  });

  it('are free again once the invalidation is Completed', async () => {
    const { create } = await open({ invalidationDelayMs: 0 });
    const wildcards = numbered(15, i => `/w${i}*`);
    await create(wildcards);
    expect((await create(wildcards)).Invalidation?.Status).toBe('InProgress');
  });
});

describe('Reading invalidations', () => {
  it('lists the newest first, page by page', async () => {
    const { create, client } = await open();
    const ids: unknown[] = [];
    for (const path of ['/a', '/b', '/c']) ids.unshift((await create([path])).Invalidation?.Id);
    const page = async (Marker?: string) =>
      (await client.send(new ListInvalidationsCommand({ DistributionId: 'E1', MaxItems: 2, Marker })))
        .InvalidationList;
    const first = await page();
    expect(first).toMatchObject({ IsTruncated: true, MaxItems: 2, Quantity: 2, NextMarker: ids[1] });
    expect(first?.Items?.[0]).toEqual({
      Id: ids[0],
      Status: 'InProgress',
      CreateTime: new Date('2026-01-01T00:00:00Z'),
    });
    const second = await page(first?.NextMarker);
    expect(second).toMatchObject({ IsTruncated: false, Quantity: 1, Items: [{ Id: ids[2] }] });
  });

  it('fails with NoSuchInvalidation for an unknown id', async () => {
    const { client } = await open();
    await expect(
      client.send(new GetInvalidationCommand({ DistributionId: 'E1', Id: 'INONE' })),
    ).rejects.toMatchObject({ name: 'NoSuchInvalidation', $metadata: { httpStatusCode: 404 } });
  });

  it('works after a restart, and those in progress are completed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cloudfront-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'state.sqlite');
    const store = openDurableStore(file);
    const before = await open({ store, invalidationDelayMs: 1000 });
    const { Invalidation } = await before.create(['/a'], 'ref');
    before.cloudFront.stop();
    store.close();

    const reopened = openDurableStore(file);
    cleanups.push(() => reopened.close());
    const after = await open({ store: reopened, now: () => Date.parse('2026-01-01T00:00:01Z') });
    expect((await after.create(['/a'], 'ref')).Invalidation).toMatchObject({
      Id: Invalidation?.Id,
      Status: 'Completed',
    });
    expect(after.journal.entries).toMatchObject([
      { kind: 'invalidation', status: 'Completed', paths: ['/a'] },
    ]);
  });
});

describe('Reading distributions', () => {
  it('returns the configuration in the API’s shape, with an ETag', async () => {
    const { client, create } = await open();
    await create(['/a']);
    const { Distribution, ETag } = await client.send(new GetDistributionCommand({ Id: 'E1' }));
    expect(Distribution).toMatchObject({
      Id: 'E1',
      ARN: 'arn:aws:cloudfront::000000000000:distribution/E1',
      Status: 'Deployed',
      DomainName: 'd1.cloudfront.net',
      InProgressInvalidationBatches: 1,
      DistributionConfig: {
        DefaultRootObject: 'index.html',
        Enabled: true,
        Origins: { Quantity: 2, Items: [{ Id: 'bucket' }, { Id: 'api', OriginPath: '/prod' }] },
        CacheBehaviors: {
          Quantity: 1,
          Items: [
            {
              PathPattern: '/api/*',
              AllowedMethods: { Quantity: 7, CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] } },
              FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request' }] },
            },
          ],
        },
      },
    });
    const config = await client.send(new GetDistributionConfigCommand({ Id: 'E1' }));
    expect(config.ETag).toBe(ETag);
    expect(config.DistributionConfig).toEqual(Distribution?.DistributionConfig);
  });

  it('returns a cache policy, AWS’s or the template’s, and refuses any other', async () => {
    const { client } = await open();
    const { Distribution } = await client.send(new GetDistributionCommand({ Id: 'E1' }));
    const Id = Distribution?.DistributionConfig?.DefaultCacheBehavior?.CachePolicyId;
    const own = await client.send(new GetCachePolicyCommand({ Id }));
    expect(own.CachePolicy).toMatchObject({ Id, CachePolicyConfig: { MinTTL: expect.any(Number) } });
    const managed = await client.send(
      // UseOriginCacheControlHeaders-QueryStrings
      new GetCachePolicyCommand({ Id: '4cc15a8a-d715-48a4-82b8-cc0b614638fe' }),
    );
    expect(managed.CachePolicy?.CachePolicyConfig).toMatchObject({
      MinTTL: 0,
      ParametersInCacheKeyAndForwardedToOrigin: {
        QueryStringsConfig: { QueryStringBehavior: 'all' },
        HeadersConfig: { HeaderBehavior: 'whitelist', Headers: { Quantity: 5 } },
      },
    });
    const unknown = client.send(new GetCachePolicyCommand({ Id: 'none' }));
    await expect(unknown).rejects.toMatchObject({ name: 'NoSuchCachePolicy' });
  });

  it('lists all of them', async () => {
    const { client } = await open();
    const { DistributionList } = await client.send(new ListDistributionsCommand({}));
    expect(DistributionList).toMatchObject({
      Quantity: 1,
      IsTruncated: false,
      Items: [{ Id: 'E1', Comment: 'StudentWebsiteDistribution', DomainName: 'd1.cloudfront.net' }],
    });
  });

  it('refuses by name what is not emulated', async () => {
    const { client } = await open();
    await expect(
      client.send(new DeleteDistributionCommand({ Id: 'E1', IfMatch: 'E' })),
    ).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'CloudFront DELETE /2020-05-31/distribution/E1 is not emulated',
    });
  });
});
