import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  GetBucketNotificationConfigurationCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { EXISTING, FOREIGN, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite } from '../fixtures/existing-site.ts';
import { runCommand } from '../helpers/run-command.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const Bucket = EXISTING.bucketName;
const OWN_BUCKET = 'cloudfront-auto-invalidation-000000000000-us-east-1';

let existingSite: string;
let cloud: LocalCloud;
let s3: S3Client;

beforeEach(async () => {
  existingSite = mkdtempSync(join(tmpdir(), 'existing-site-'));
  synthesiseExistingSite(existingSite);
  cloud = await startSuccessiveCloud({
    assemblyDirectory: existingSite,
    stackName: EXISTING.stackName,
    timeScale: 0.05,
    invalidationDelayMs: 50,
    alarms: false,
    decidesAnew: true,
  });
  s3 = new S3Client({ ...clientFor(cloud.endpoint), forcePathStyle: true });
});
afterEach(async () => {
  await cloud.stop();
  await rm(existingSite, { recursive: true });
});

const there = () => ['--local', '--endpoint', cloud.endpoint];
const attach = (...more: string[]) =>
  runCommand(main, [
    ...['attach', '--bucket', Bucket, '--distribution', WHOLE_SITE, '--notify', EXISTING.owner],
    ...['-c', `url=${cloud.siteUrl}`, '-c', 'keyPrefixes=site/,docs/', '--yes'],
    ...there(),
    ...more,
  ]);
const detach = (...more: string[]) => runCommand(main, ['detach', '--yes', ...there(), ...more]);

/** Everything that an attachment could leave, asked service by service. */
async function whatIsThere() {
  const client = clientFor(cloud.endpoint);
  const [buckets, queues, tables, stacks, functions, sender, notifications] = await Promise.all([
    s3.send(new ListBucketsCommand({})),
    new SQSClient(client).send(new ListQueuesCommand({})),
    new DynamoDBClient(client).send(new ListTablesCommand({})),
    new CloudFormationClient(client).send(new DescribeStacksCommand({})),
    new LambdaClient(client).send(new ListFunctionsCommand({})),
    new SESv2Client(client)
      .send(new GetEmailIdentityCommand({ EmailIdentity: EXISTING.owner }))
      .catch(({ name }: Error) => name),
    s3.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
  ]);
  return {
    buckets: buckets.Buckets?.map(({ Name }) => Name),
    queues: queues.QueueUrls ?? [],
    tables: tables.TableNames,
    functions: functions.Functions?.map(({ FunctionName }) => FunctionName),
    hasSender: sender !== 'NotFoundException',
    stacks: stacks.Stacks?.map(({ StackName }) => StackName),
    notifications: notifications.QueueConfigurations,
  };
}

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const shown = async (path: string) => (await cloud.view(path, undefined, WHOLE_SITE)).body.toString();

describe('attach', () => {
  it('makes an upload to a bucket that it did not make fresh, and detach leaves nothing of it', async () => {
    const before = await whatIsThere();
    expect(await attach()).toMatchObject({ exitCode: 0 });
    expect((await whatIsThere()).buckets).toContain(OWN_BUCKET);
    await put('site/a.txt', 'old');
    await expect.poll(() => cloud.mails().at(-1)?.subject).toBe('Fresh: site/a.txt');
    expect(await shown('/site/a.txt')).toBe('old');
    await put('site/a.txt', 'new');
    await expect.poll(() => shown('/site/a.txt')).toBe('new');
    expect(await attach()).toMatchObject({
      exitCode: 0,
      printed: expect.stringContaining('AutoInvalidation is up to date.'),
    });
    expect(await detach()).toMatchObject({ exitCode: 0, printed: 'AutoInvalidation is detached.' });
    expect(await whatIsThere()).toEqual(before);
  });

  it('refuses in a sentence what does not fit, and changes nothing', async () => {
    const before = await whatIsThere();
    const refusals: [string[], RegExp][] = [
      [['--bucket', 'no-such-bucket-anywhere'], /There is no bucket no-such-bucket-anywhere/],
      [['--distribution', FOREIGN], /does not show the bucket/],
      [['--assets-bucket', 'no-such-assets'], /There is no bucket no-such-assets for the assets\./],
      [['--stack', EXISTING.stackName], /was not made by attach/],
      [['-c', 'mailRegion=ap-east-1'], /ap-east-1 has no SES/],
    ];
    for (const [wrong, message] of refusals) {
      const { exitCode, printed, complaint } = await attach(...wrong);
      expect({ exitCode, told: `${printed}\n${complaint}` }).toEqual({
        exitCode: 1,
        told: expect.stringMatching(message),
      });
    }
    expect(await whatIsThere()).toEqual(before);
  });

  it('uses a bucket that is there, and detach leaves all else that is in it', async () => {
    const assetsBucket = ['--assets-bucket', Bucket];
    await put('cloudfront-auto-invalidation/mine.txt', 'mine');
    const before = await whatIsThere();
    const { exitCode, printed } = await attach('--json', ...assetsBucket);
    expect({ exitCode, told: JSON.parse(printed) }).toEqual({
      exitCode: 0,
      told: {
        stack: 'AutoInvalidation',
        region: 'us-east-1',
        assetsBucket: Bucket,
        changes: 'changes',
      },
    });
    expect(await detach('--json')).toMatchObject({
      exitCode: 0,
      printed: JSON.stringify({ stack: 'AutoInvalidation', region: 'us-east-1' }),
    });
    expect(await whatIsThere()).toEqual(before);
    const left = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'cloudfront-auto-invalidation/' }));
    expect(left.Contents?.map(({ Key }) => Key)).toEqual(['cloudfront-auto-invalidation/mine.txt']);
  });

  it('is resumed by running it again, wherever it was interrupted', async () => {
    const interruptedAt = async (action: string) => {
      const stop = cloud.intercept((call, next) =>
        call.action === action && call.request.caller === 'local'
          ? Promise.resolve({ status: 400, body: 'interrupted' })
          : next(),
      );
      const { exitCode } = await attach();
      stop();
      return exitCode;
    };
    for (const action of ['CreateBucket', 'CreateChangeSet', 'ExecuteChangeSet'])
      expect(await interruptedAt(action)).toBe(1);
    expect(await attach()).toMatchObject({ exitCode: 0 });
    expect(await detach()).toMatchObject({ exitCode: 0 });
  });
});

describe('detach', () => {
  it('says that nothing is attached', async () => {
    expect(await detach()).toMatchObject({
      exitCode: 1,
      complaint:
        'There is no stack AutoInvalidation in us-east-1: nothing is attached. Check --stack and --region.',
    });
  });

  it('leaves a stack alone that attach did not make', async () => {
    expect(await detach('--stack', EXISTING.stackName)).toMatchObject({
      exitCode: 1,
      complaint: expect.stringContaining('was not made by attach'),
    });
  });
});
