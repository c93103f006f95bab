import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFrontClient,
  GetDistributionConfigCommand,
  ListInvalidationsCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { synthesiseShownSites } from '../fixtures/shown-site.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

/** Shows `about.html` as `/about`. */
const ADD_ENDING = `function handler(event) {
  var request = event.request;
  if (!request.uri.includes('.') && !request.uri.endsWith('/')) request.uri += '.html';
  return request;
}`;

const assemblyDirectory = mkdtempSync(join(tmpdir(), 'shown-sites-'));
let cloud: LocalCloud;

beforeAll(async () => {
  synthesiseShownSites(assemblyDirectory, {
    Pages: { rewrite: ADD_ENDING, told: { urls: { '*.html': ['/$1'] } } },
    Untold: { rewrite: ADD_ENDING },
    Docs: {
      rewrite: `function handler(event) {
        event.request.uri = event.request.uri.replace(/^\\/docs/, '');
        return event.request;
      }`,
      pathPattern: '/docs/*',
      told: { urls: { '*': ['/docs/$1'] } },
    },
    Language: {
      rewrite: `function handler(event) {
        if (event.request.uri === '/') event.request.uri = '/en/index.html';
        return event.request;
      }`,
      told: { urls: { 'en/index.html': ['/'] } },
    },
    App: {
      rewrite: `function handler(event) {
        if (!event.request.uri.includes('.')) event.request.uri = '/index.html';
        return event.request;
      }`,
      told: { spaFallback: 'index.html' },
    },
    Pretty: {
      rewrite: `function handler(event) {
        var request = event.request;
        if (request.uri.endsWith('.html')) {
          var location = request.uri.replace(/index\\.html$|\\.html$/, '');
          return { statusCode: 301, headers: { location: { value: location } } };
        }
        request.uri += request.uri.endsWith('/') ? 'index.html' : '.html';
        return request;
      }`,
      told: { urls: { '*.html': ['/$1'], 'index.html': ['/'] } },
    },
    Switched: { originPath: '/v1' },
    Tagged: { cacheTagHeader: 'X-Amz-Meta-Cache-Tag' },
  });
  cloud = await startSuccessiveCloud({
    assemblyDirectory,
    stackName: 'Sites',
    timeScale: 0.002,
    invalidationDelayMs: 0,
    alarms: false,
  });
});
afterAll(async () => {
  await cloud?.stop();
  await rm(assemblyDirectory, { recursive: true });
});

const outputOf = (name: string) => cloud.outputs[name] ?? expect.fail(`There is no output ${name}`);

/** Does something, and returns the mail that follows. */
async function mailAfter(act: () => Promise<unknown>): Promise<{ subject: string; text: string }> {
  const before = cloud.mails().length;
  const mailed = new Promise<void>(resolve => {
    cloud.journal.subscribe(({ kind }) => {
      if (kind === 'mail') resolve();
    });
  });
  await act();
  await mailed;
  const { subject, body } = cloud.mails()[before] ?? expect.fail('No mail came');
  return { subject, text: body.text ?? '' };
}

function siteNamed(name: string) {
  const client = clientFor(cloud.endpoint);
  const cloudFront = new CloudFrontClient(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const Id = outputOf(`${name}Distribution`);
  return {
    /** Uploads a file. @returns the mail about it */
    upload: (Key: string, Body: string, Metadata: Record<string, string> = {}) =>
      mailAfter(async () => {
        await nextSecond();
        await s3.send(new PutObjectCommand({ Bucket: outputOf(`${name}Bucket`), Key, Body, Metadata }));
      }),
    /** Asks for a refresh by hand. @returns the mail about it */
    ask: (request: object) =>
      mailAfter(async () => {
        await nextSecond();
        const MessageBody = JSON.stringify(request);
        const message = { QueueUrl: outputOf(`${name}Queue`), MessageBody };
        await new SQSClient(client).send(new SendMessageCommand(message));
      }),
    /** Whether the edge has each in its cache. */
    hits: (...urls: string[]) =>
      Promise.all(
        urls.map(async url => {
          const { headers } = await cloud.view(url, undefined, Id);
          return headers['x-cache'] === 'Hit from cloudfront';
        }),
      ),
    put: (Key: string, Body: string) =>
      s3.send(new PutObjectCommand({ Bucket: outputOf(`${name}Bucket`), Key, Body })),
    /** What viewers get at each URL. */
    shown: (...urls: string[]) =>
      Promise.all(
        urls.map(async url => {
          const { status, body } = await cloud.view(url, undefined, Id);
          return status === 200 ? body.toString() : status;
        }),
      ),
    invalidations: async () =>
      (await cloudFront.send(new ListInvalidationsCommand({ DistributionId: Id }))).InvalidationList
        ?.Quantity,
    async switchTo(OriginPath: string) {
      const { DistributionConfig, ETag } = await cloudFront.send(new GetDistributionConfigCommand({ Id }));
      const { Origins } = DistributionConfig ?? expect.fail();
      const Items = (Origins?.Items ?? []).map(origin => ({ ...origin, OriginPath }));
      await cloudFront.send(
        new UpdateDistributionCommand({
          Id,
          IfMatch: ETag,
          DistributionConfig: { ...DistributionConfig, Origins: { Quantity: Items.length, Items } },
        } as ConstructorParameters<typeof UpdateDistributionCommand>[0]),
      );
    },
    look: () => new LambdaClient(client).send(new InvokeCommand({ FunctionName: outputOf(`${name}Watch`) })),
  };
}

describe('A site whose function shows pages under other names', () => {
  it('is fresh at these names as well, if they were told', async () => {
    const { upload, shown } = siteNamed('Pages');
    await upload('about.html', 'old');
    expect(await shown('/about.html', '/about')).toEqual(['old', 'old']);
    const { subject, text } = await upload('about.html', 'new');
    expect(subject).toBe('Fresh: about.html');
    expect(text).toContain('URLs verified: 2');
    expect(await shown('/about.html', '/about')).toEqual(['new', 'new']);
  });

  it('is not called fresh without saying so, if nobody told what the function does', async () => {
    const { upload } = siteNamed('Untold');
    const { subject } = await upload('about.html', 'new');
    expect(subject).toBe('Fresh, as far as its URLs are known: about.html');
    expect(outputOf('UntoldSummary')).toMatch(
      /A function of the behaviour \* may show objects at other URLs/,
    );
  });

  it('is fresh where a prefix is stripped, and nothing is asked of another origin', async () => {
    const { upload, shown, invalidations } = siteNamed('Docs');
    await upload('intro.txt', 'old');
    expect(await shown('/docs/intro.txt', '/intro.txt')).toEqual(['old', 403]);
    const { subject, text } = await upload('intro.txt', 'new');
    expect(subject).toBe('Fresh: intro.txt');
    expect(text).toContain('Invalidated:\n  /docs/intro.txt\n  /intro.txt\n');
    expect(text).toContain('URLs verified: 1\n');
    expect(await shown('/docs/intro.txt')).toEqual(['new']);
    expect(await invalidations()).toBe(2);
  });

  it('is fresh at its root, where the page of a language is shown', async () => {
    const { upload, shown } = siteNamed('Language');
    await upload('en/index.html', 'old');
    expect(await shown('/', '/en/index.html')).toEqual(['old', 'old']);
    expect(await upload('en/index.html', 'new')).toMatchObject({ subject: 'Fresh: en/index.html' });
    expect(await shown('/', '/en/index.html')).toEqual(['new', 'new']);
  });

  it('is fresh where it sends visitors of a page to another spelling of its URL', async () => {
    const { upload, shown } = siteNamed('Pretty');
    for (const [key, url, verified] of [
      ['about.html', '/about', 2],
      ['index.html', '/', 3],
    ] as const) {
      await upload(key, 'old');
      expect(await shown(url, `/${key}`)).toEqual(['old', 301]);
      const { subject, text } = await upload(key, 'new');
      expect(subject).toBe(`Fresh: ${key}`);
      expect(text).toContain(`URLs verified: ${verified}\n`);
      expect(text).toMatch(new RegExp(`Invalidated:\n(?:  .*\n)*  ${url}\n`));
      expect(text).toMatch(new RegExp(`Invalidated:\n(?:  .*\n)*  /${key}\n`));
      expect(await shown(url)).toEqual(['new']);
    }
  });

  it('is fresh at every route of an application', async () => {
    const { upload, shown } = siteNamed('App');
    await upload('index.html', 'old');
    expect(await shown('/users/5', '/about')).toEqual(['old', 'old']);
    expect(await upload('index.html', 'new')).toMatchObject({ subject: 'Fresh: index.html' });
    expect(await shown('/users/5', '/about')).toEqual(['new', 'new']);
  });
});

describe('A distribution with cache tags', () => {
  it('drops what has a tag that somebody names, and nothing else', async () => {
    const { upload, ask, shown, hits } = siteNamed('Tagged');
    await upload('shoe.html', 'a shoe', { 'cache-tag': 'Product:1, shoes' });
    await upload('hat.html', 'a hat', { 'cache-tag': 'product:2' });
    const urls = ['/shoe.html', '/hat.html'];
    await shown(...urls);
    expect(await hits(...urls)).toEqual([true, true]);
    const { subject, text } = await ask({ tags: ['PRODUCT:1'] });
    expect(subject).toBe('Fresh: #product:1');
    expect(text).toContain('Invalidated:\n  #product:1\n');
    expect(await hits(...urls)).toEqual([false, true]);
  });
});

describe('A distribution that is switched to another origin path', () => {
  it('is refreshed, with a mail that names the switch, and follows the new path from then on', async () => {
    const { upload, put, shown, switchTo, look } = siteNamed('Switched');
    await upload('v1/a.txt', 'one');
    await put('v2/a.txt', 'two');
    expect(await shown('/a.txt')).toEqual(['one']);
    await switchTo('/v2');
    expect(await shown('/a.txt')).toEqual(['one']);
    const { outsideKeys } = openRefreshTable({
      tableName: outputOf('SwitchedTable'),
      client: new DynamoDBClient(clientFor(cloud.endpoint)),
    });
    await expect.poll(() => outsideKeys.recent()).toEqual({ count: 1, keys: ['v2/a.txt'] });
    const { subject, text } = await mailAfter(look);
    expect(subject).toBe('Fresh: the distribution was changed: origin path /v1 → /v2');
    expect(text).toContain('Ignored since yesterday, outside every origin path:\n  v2/a.txt\n');
    expect(await shown('/a.txt')).toEqual(['two']);
    await put('v1/a.txt', 'nobody sees this');
    await expect.poll(() => outsideKeys.recent()).toMatchObject({ count: 2 });
    expect(await upload('v2/a.txt', 'three')).toMatchObject({ subject: 'Fresh: v2/a.txt' });
    expect(await shown('/a.txt')).toEqual(['three']);
  });
});
