import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFrontClient, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import {
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { DOCS_ONLY, EXISTING, FOREIGN, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite } from '../fixtures/existing-site.ts';
import { askToRemove } from '../helpers/ask-to-remove.ts';
import { ASSEMBLY, assemblyWith, type TemplateResource } from '../helpers/assembly.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { runCommand } from '../helpers/run-command.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { createSettling, trackEvents } from '../helpers/settling.ts';
import { type SuccessiveCloudOptions, startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const ATTACHMENT = 'AutoInvalidation';
const Bucket = EXISTING.bucketName;
const existingSite = mkdtempSync(join(tmpdir(), 'existing-site-'));

/**
 * The existing site, and the stack attached to it from an assembly of the test's own or the
 * synthesised one.
 */
const start = (assemblyDirectory = ASSEMBLY, options: SuccessiveCloudOptions = {}) =>
  startSuccessiveCloud({
    assemblyDirectory: existingSite,
    stackName: EXISTING.stackName,
    moreStacks: [{ stackName: ATTACHMENT, assemblyDirectory }],
    timeScale: 0.05,
    invalidationDelayMs: 50,
    alarms: false,
    deliverEvent: events.deliverEvent,
    ...options,
  });

const events = trackEvents();
let cloud: LocalCloud;
let s3: S3Client;
let sqs: SQSClient;
let settled: () => Promise<void>;

beforeAll(async () => {
  synthesiseExistingSite(existingSite);
  cloud = await start();
  const client = clientFor(cloud.endpoint);
  s3 = new S3Client({ ...client, forcePathStyle: true });
  sqs = new SQSClient(client);
  const outputs = cloud.outputsOf(ATTACHMENT);
  ({ settled } = createSettling({
    cloud,
    output: name => outputs[name] ?? '',
    eventsOnTheirWay: events.onTheirWay,
  }));
});
afterAll(async () => {
  await cloud?.stop();
  await rm(existingSite, { recursive: true });
});

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));

/** What the two distributions show a viewer. */
async function shown(wholeSitePath: string, docsPath: string): Promise<unknown[]> {
  const views = [
    cloud.view(wholeSitePath, undefined, WHOLE_SITE),
    cloud.view(docsPath, undefined, DOCS_ONLY),
  ];
  return (await Promise.all(views)).map(({ status, body }) => (status === 200 ? body.toString() : status));
}

/**
 * Does something, waits until nothing of it is left to do, and returns the subjects of the mails
 * about its refreshes.
 */
async function reportsOf(act: () => Promise<unknown>): Promise<string[]> {
  await settled();
  const before = cloud.mails().length;
  await act();
  await settled();
  return cloud
    .mails()
    .slice(before)
    .map(({ subject }) => subject);
}

async function notifications() {
  const command = new GetBucketNotificationConfigurationCommand({ Bucket });
  return (await s3.send(command)).QueueConfigurations ?? [];
}

async function invalidationsOf(DistributionId: string): Promise<number> {
  const client = new CloudFrontClient(clientFor(cloud.endpoint));
  const { InvalidationList } = await client.send(new ListInvalidationsCommand({ DistributionId }));
  return InvalidationList?.Quantity ?? 0;
}

describe('A site that existed before', () => {
  it('is fresh in both distributions after an upload, which one mail tells', async () => {
    await reportsOf(() => put('docs/a.txt', 'old'));
    expect(await shown('/docs/a.txt', '/a.txt')).toEqual(['old', 'old']);
    const subjects = await reportsOf(() => put('docs/a.txt', 'new'));
    expect(subjects).toEqual(['Fresh at 2 distributions: docs/a.txt']);
    expect(await shown('/docs/a.txt', '/a.txt')).toEqual(['new', 'new']);
  });

  it('refreshes only the distribution that shows the file, and none for an excluded file', async () => {
    const docs = await invalidationsOf(DOCS_ONLY);
    await put('docs/a.map', 'not published');
    expect(await reportsOf(() => put('site/b.txt', 'b'))).toEqual(['Fresh: site/b.txt']);
    expect(await invalidationsOf(DOCS_ONLY)).toBe(docs);
  });

  it('refreshes a file in a folder whose name S3 wants encoded', async () => {
    const key = `${EXISTING.lessons}bài 1.html`;
    expect(await reportsOf(() => put(key, 'Bài 1'))).toEqual([`Fresh: ${key}`]);
  });

  it('accepts a manual request for one of its distributions', async () => {
    const whole = await invalidationsOf(WHOLE_SITE);
    const QueueUrl = cloud.outputsOf(ATTACHMENT)['SiteChangesQueueUrl'];
    const MessageBody = JSON.stringify({ paths: ['/*'], distributionId: DOCS_ONLY });
    const reports = await reportsOf(() => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })));
    expect(reports).toHaveLength(1);
    expect(await invalidationsOf(WHOLE_SITE)).toBe(whole);
    expect(cloud.mails().at(-1)?.body.text).toContain(`Distribution: ${DOCS_ONLY}`);
  });

  it('can be refreshed from the command line, one distribution at a time', async () => {
    const run = (...args: string[]) =>
      runCommand(main, [...args, '--local', '--endpoint', cloud.endpoint, '--stack', ATTACHMENT]);
    const whole = await invalidationsOf(WHOLE_SITE);
    // Refreshes are listed by the second that they opened in. At this pace two may share it.
    await nextSecond();
    const refreshed = await run('refresh', '--distribution', DOCS_ONLY, '--paths', '/*', '--wait', '--json');
    expect(refreshed).toMatchObject({ exitCode: 0 });
    expect(await invalidationsOf(WHOLE_SITE)).toBe(whole);
    const { printed } = await run('status', '--distribution', DOCS_ONLY, '--json');
    expect(JSON.parse(printed)).toMatchObject({
      distributionId: DOCS_ONLY,
      refreshes: [{ id: JSON.parse(refreshed.printed).id }, ...Array(3).fill({ state: 'fresh' })],
    });
    expect(await run('status', '--distribution', FOREIGN)).toMatchObject({
      exitCode: 1,
      complaint: expect.stringContaining(`does not refresh ${FOREIGN}, but ${WHOLE_SITE}, ${DOCS_ONLY}`),
    });
  });

  it('still sends the notifications that it had', async () => {
    const key = `${EXISTING.incomingPrefix}photo.jpg`;
    const QueueUrl = `${cloud.endpoint}/000000000000/${EXISTING.queueName}`;
    await put(key, 'a photo');
    await expect
      .poll(async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
        );
        return Messages.map(({ Body }) => Body).join();
      })
      .toContain(key);
  });

  it('is fresh at the root of a distribution, whatever its default root object is called', async () => {
    await reportsOf(() => put('docs/home.html', 'old home'));
    expect(await shown('/docs/home.html', '/')).toEqual(['old home', 'old home']);
    await reportsOf(() => put('docs/home.html', 'new home'));
    expect(await shown('/docs/home.html', '/')).toEqual(['new home', 'new home']);
    const subjects = await reportsOf(() => put('docs/index.html', 'an index'));
    expect(subjects).toEqual(['Fresh at 2 distributions: docs/index.html']);
    expect(await shown('/docs/index.html', '/')).toEqual(['an index', 'new home']);
  });

  it('is fresh in every variant that a distribution caches by query string', async () => {
    const urls = ['/site/app.js', '/site/app.js?v=3'];
    const variants = () => Promise.all(urls.map(async url => (await shown(url, '/'))[0]));
    await reportsOf(() => put('site/app.js', 'old'));
    expect(await variants()).toEqual(['old', 'old']);
    expect(await reportsOf(() => put('site/app.js', 'new'))).toEqual(['Fresh: site/app.js']);
    expect(await variants()).toEqual(['new', 'new']);
  });

  it('counts as fresh if a distribution shows its application’s page instead of a removed file', async () => {
    await reportsOf(async () => {
      await put('docs/app.html', 'the application');
      await put('docs/bundle-1.js', 'old');
    });
    expect(await shown('/docs/bundle-1.js', '/bundle-1.js')).toEqual(['old', 'old']);
    const remove = () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'docs/bundle-1.js' }));
    expect(await reportsOf(remove)).toEqual(['Fresh at 2 distributions: docs/bundle-1.js']);
    expect(await shown('/docs/bundle-1.js', '/bundle-1.js')).toEqual([403, 'the application']);
  });

  it('keeps the sender that SES knew before', async () => {
    const ses = new SESv2Client(clientFor(cloud.endpoint));
    const owner = () => ses.send(new GetEmailIdentityCommand({ EmailIdentity: EXISTING.owner }));
    expect(await owner()).toMatchObject({ VerifiedForSendingStatus: true, Tags: [] });
    expect(cloud.outputsOf(ATTACHMENT)['MailSenderState']).toBe(`SES sends from ${EXISTING.owner}`);
    const sender = {
      Address: EXISTING.owner,
      Region: 'us-east-1',
      IdentityArn: `arn:aws:ses:us-east-1:000000000000:identity/${EXISTING.owner}`,
      Owner: 'any',
    };
    expect(await askToRemove(cloud, 'SesSendersRegister', sender)).toMatchObject({ Status: 'SUCCESS' });
    expect(await owner()).toMatchObject({ VerifiedForSendingStatus: true });
  });

  it('is restored when the attachment is removed, however often CloudFormation asks', async () => {
    const [theirs, ours, ...rest] = await notifications();
    expect(theirs?.QueueArn).toContain(EXISTING.queueName);
    expect(ours?.QueueArn).toContain('AutoInvalidation-FreshnessSiteChangesQueue');
    expect(rest).toHaveLength(2);
    const attachment = {
      BucketName: Bucket,
      Owner: 'AutoInvalidation/Freshness',
      QueueArn: 'none',
      Events: [],
    };
    for (let time = 1; time <= 2; time++) {
      expect(await askToRemove(cloud, 'FreshnessNotify', attachment)).toMatchObject({ Status: 'SUCCESS' });
      expect(await notifications()).toEqual([theirs]);
    }
  });
});

describe('A deployment whose policies are not in force at once', () => {
  it('waits for them in each custom resource', async () => {
    const slow = await start(ASSEMBLY, { callsBeforePolicies: 1, decidesAnew: true });
    onTestFinished(slow.stop);
    const refused = slow.journal.entries.flatMap(entry =>
      entry.kind === 'call' && entry.error?.startsWith('AccessDenied') ? entry.action : [],
    );
    expect(new Set(refused)).toEqual(
      new Set(['GetBucketNotificationConfiguration', 'HeadBucket', 'GetEmailIdentity']),
    );
    const client = new S3Client({ ...clientFor(slow.endpoint), forcePathStyle: true });
    const command = new GetBucketNotificationConfigurationCommand({ Bucket });
    expect((await client.send(command)).QueueConfigurations).toHaveLength(4);
  });
});

describe('A deployment to an unsuitable site', () => {
  /** @param change of the template's resources */
  async function startWith(change: (resource: TemplateResource) => void): Promise<LocalCloud> {
    const assembly = await assemblyWith(change);
    onTestFinished(() => rm(assembly, { recursive: true }));
    return start(assembly);
  }

  it('fails with the reason if the distribution does not show the bucket', async () => {
    // The property of the custom resource, and the permission to look at the distribution.
    const id = new RegExp(`(?<=["/])${DOCS_ONLY}(?=")`, 'g');
    const deployment = startWith(({ Properties }) => {
      for (const [name, value] of Object.entries(Properties))
        Properties[name] = JSON.parse(JSON.stringify(value).replaceAll(id, FOREIGN));
    });
    await expect(deployment).rejects.toThrow(
      new RegExp(`The distribution ${FOREIGN} does not show the bucket ${Bucket}: its origins are foreign-`),
    );
  });

  it('fails with the reason if the bucket already sends these events elsewhere', async () => {
    const deployment = startWith(({ Type, Properties }) => {
      if (Type === 'Custom::BucketNotification') Properties['KeyPrefixes'] = ['in'];
    });
    await expect(deployment).rejects.toThrow(
      /already sends s3:ObjectCreated:\* of keys like incoming\/\* .* Deploy again with -c events=eventbridge/,
    );
  });
});
