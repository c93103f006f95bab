import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFrontClient, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { BASIC_AUTH, PASSWORD, synthesiseClosedSites } from '../fixtures/closed-site.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

/** Sends visitors of every other host to the canonical one. */
const canonicalHost = (url: string) => `function handler(event) {
  var request = event.request;
  if ('http://' + request.headers.host.value === '${url}') return request;
  return { statusCode: 301, headers: { location: { value: '${url}' + request.uri } } };
}`;

const port = await freePort();
const url = `http://localhost:${port}`;
const assemblyDirectory = mkdtempSync(join(tmpdir(), 'closed-sites-'));
afterAll(() => rmSync(assemblyDirectory, { recursive: true }));
synthesiseClosedSites(assemblyDirectory, {
  Password: { door: BASIC_AUTH },
  PasswordKnown: { door: BASIC_AUTH, knowsPassword: true },
  Unverified: { door: BASIC_AUTH, verify: false },
  OtherHost: { door: canonicalHost('http://www.example.com') },
  OwnHost: { door: canonicalHost(url), url },
});

/** What becomes of one upload. */
async function uploadTo(stackName: string, ports: { readonly site?: number } = {}) {
  const cloud = await startSuccessiveCloud({
    assemblyDirectory,
    stackName,
    timeScale: 0.002,
    invalidationDelayMs: 0,
    ...(ports.site === undefined ? {} : { ports }),
  });
  onTestFinished(cloud.stop);
  const client = clientFor(cloud.endpoint);
  const mailed = new Promise<void>(resolve => {
    cloud.journal.subscribe(({ kind }) => {
      if (kind === 'mail') resolve();
    });
  });
  const { BucketName: Bucket, DistributionId } = cloud.outputs;
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'page.txt', Body: 'new' }));
  await mailed;
  const { InvalidationList } = await new CloudFrontClient(client).send(
    new ListInvalidationsCommand({ DistributionId }),
  );
  return {
    mails: cloud.mails(),
    invalidations: InvalidationList?.Items?.length,
    /** What the edge fetched because it was asked. */
    fetches: cloud.journal.entries.filter(
      entry => entry.kind === 'call' && entry.action === 'GetObject' && entry.caller.includes('cloudfront'),
    ).length,
    logs: cloud.journal.entries.flatMap(entry => (entry.kind === 'log' ? [entry.line] : [])).join('\n'),
  };
}

describe('A site behind a password', () => {
  it('is invalidated once and said to be unverified, with what would help', async () => {
    const { mails, invalidations } = await uploadTo('Password');
    expect(mails.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^Invalidated, not verified: d\w+\.cloudfront\.net answers 401/),
    ]);
    expect(mails[0]?.body.text).toContain('verificationHeaders');
    expect(invalidations).toBe(1);
  });

  it('is fresh if verification knows the password, which no log and no mail tells', async () => {
    const { mails, invalidations, fetches, logs } = await uploadTo('PasswordKnown');
    expect(mails.map(({ subject }) => subject)).toEqual(['Fresh: page.txt']);
    expect(invalidations).toBe(1);
    expect(fetches).toBeGreaterThan(0);
    expect(logs).not.toContain(PASSWORD);
    expect(JSON.stringify(mails)).not.toContain(PASSWORD);
  });

  it('is not asked if its owner says so', async () => {
    const { mails, invalidations, fetches } = await uploadTo('Unverified');
    expect(mails.map(({ subject }) => subject)).toEqual(['Invalidated (verification is off): page.txt']);
    expect(invalidations).toBe(1);
    expect(fetches).toBe(0);
  });
});

describe('A site that sends foreign hosts to its own', () => {
  it('is said to be unverified, and where it redirects', async () => {
    const { mails, invalidations } = await uploadTo('OtherHost');
    expect(mails.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^Invalidated, not verified: .* redirects to http:\/\/www\.example\.com/),
    ]);
    expect(invalidations).toBe(1);
  });

  it('is fresh if it is asked under its own name', async () => {
    const { mails, invalidations } = await uploadTo('OwnHost', { site: port });
    expect(mails.map(({ subject }) => subject)).toEqual(['Fresh: page.txt']);
    expect(invalidations).toBe(1);
  });
});

/** A port that nobody listens on. The name of the site has to be known before it is deployed. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}
