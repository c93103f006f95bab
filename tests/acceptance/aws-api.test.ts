import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateInvalidationCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
  waitUntilInvalidationCompleted,
} from '@aws-sdk/client-cloudfront';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompletionDelay } from '../../infra/local/services/cloudfront/invalidations.ts';
import { executionArnOf, upload } from '../helpers/endings.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { type Site, startSite } from '../helpers/site.ts';

let site: Site;
let completion: CompletionDelay = 0;

beforeAll(async () => {
  site = await startSite({ timeScale: 0.02, invalidationDelayMs: () => completion });
});
afterAll(() => site.stop());

describe('CloudFront', () => {
  it('creates, lists, finds and completes a manual invalidation, which takes effect', async () => {
    const { cloudFront } = site.clients;
    const DistributionId = site.output('DistributionId');
    const { Invalidation, Location } = await cloudFront.send(
      new CreateInvalidationCommand({
        DistributionId,
        InvalidationBatch: { CallerReference: 'by-hand', Paths: { Quantity: 1, Items: ['/*'] } },
      }),
    );
    const Id = Invalidation?.Id ?? '';
    expect(Location).toContain(Id);
    const { InvalidationList } = await cloudFront.send(new ListInvalidationsCommand({ DistributionId }));
    expect(InvalidationList?.Items?.map(item => item.Id)).toContain(Id);
    await waitUntilInvalidationCompleted({ client: cloudFront, maxWaitTime: 30 }, { DistributionId, Id });
    const found = await cloudFront.send(new GetInvalidationCommand({ DistributionId, Id }));
    expect(found.Invalidation).toMatchObject({
      Status: 'Completed',
      InvalidationBatch: { CallerReference: 'by-hand', Paths: { Quantity: 1, Items: ['/*'] } },
    });
  });

  it('refuses the sixteenth wildcard in progress', async () => {
    const isOver = Promise.withResolvers<void>();
    completion = isOver.promise;
    const create = (index: number) =>
      site.clients.cloudFront.send(
        new CreateInvalidationCommand({
          DistributionId: site.output('DistributionId'),
          InvalidationBatch: { CallerReference: `${index}`, Paths: { Quantity: 1, Items: [`/${index}*`] } },
        }),
      );
    try {
      for (let index = 0; index < 15; index++) await create(index);
      await expect(create(15)).rejects.toMatchObject({ name: 'TooManyInvalidationsInProgress' });
    } finally {
      completion = 0;
      isOver.resolve();
    }
  });

  it.each([
    ['a path without a slash', 'index.html', 'InvalidArgument'],
    ['a path that is not encoded', '/ü', 'InvalidArgument'],
  ])('refuses %s', async (_, path, name) => {
    const DistributionId = site.output('DistributionId');
    const InvalidationBatch = { CallerReference: path, Paths: { Quantity: 1, Items: [path] } };
    const command = new CreateInvalidationCommand({ DistributionId, InvalidationBatch });
    await expect(site.clients.cloudFront.send(command)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('does not find an unknown distribution or invalidation', async () => {
    const get = (DistributionId: string) =>
      site.clients.cloudFront.send(new GetInvalidationCommand({ DistributionId, Id: 'I0' }));
    await expect(get('E0')).rejects.toMatchObject({ name: 'NoSuchDistribution' });
    await expect(get(site.output('DistributionId'))).rejects.toMatchObject({
      name: 'NoSuchInvalidation',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('S3', () => {
  it('lists, describes and deletes what was uploaded, whatever the key', async () => {
    const { s3 } = site.clients;
    const Bucket = site.output('SiteBucketName');
    const keys = ['list/a b.txt', 'list/c+d&e.txt', 'list/ü.txt'];
    for (const key of keys) await site.put(key, 'four', { CacheControl: 'max-age=60' });
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/' }));
    expect(listed.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual(keys.map(key => [key, 4]));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: keys[2] }));
    expect(head).toMatchObject({ ContentLength: 4, CacheControl: 'max-age=60' });
    const Objects = keys.map(Key => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/' }))).KeyCount).toBe(0);
  });

  it('does not find an unknown key', async () => {
    const missing = { Bucket: site.output('SiteBucketName'), Key: 'missing' };
    const { s3 } = site.clients;
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.send(new HeadObjectCommand(missing))).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('refuses what it does not emulate, and leaves the object alone', async () => {
    const object = { Bucket: site.output('SiteBucketName'), Key: 'tagged.txt' };
    await site.put(object.Key, 'content');
    const tag = new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [] } });
    await expect(site.clients.s3.send(tag)).rejects.toMatchObject({ name: 'NotImplemented' });
    const { Body } = await site.clients.s3.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('content');
  });
});

describe('the other services', () => {
  it('CloudFormation describes the stack with its outputs', async () => {
    const client = new CloudFormationClient(clientFor(site.cloud.endpoint));
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'StudentSite' }));
    const outputs = Stacks?.[0]?.Outputs?.map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]);
    expect(Object.fromEntries(outputs ?? [])).toEqual(site.cloud.outputs);
    await expect(client.send(new DescribeStacksCommand({ StackName: 'Other' }))).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });

  it('Step Functions lists and describes the execution of a refresh, DynamoDB its record', async () => {
    await site.settled();
    const { refresh } = await upload(site);
    expect((await site.executions())[0]).toMatchObject({ name: refresh.id, status: 'SUCCEEDED' });
    const execution = await site.clients.stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: executionArnOf(site, refresh.id) }),
    );
    expect(JSON.parse(execution.input ?? '')).toEqual({ refreshId: refresh.id });
    const { Items } = await site.clients.documents.send(
      new ScanCommand({ TableName: site.output('RefreshTableName') }),
    );
    expect(Items).toContainEqual(expect.objectContaining({ pk: refresh.id, sk: 'refresh', state: 'fresh' }));
    const unknown = new DescribeExecutionCommand({ executionArn: executionArnOf(site, 'unknown') });
    await expect(site.clients.stepFunctions.send(unknown)).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
  });

  it('SQS describes a queue as in the template, and does not find an unknown one', async () => {
    const { sqs } = site.clients;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: site.output('SiteChangesQueueUrl'),
        AttributeNames: ['All'],
      }),
    );
    expect(Attributes).toMatchObject({ VisibilityTimeout: '180', MessageRetentionPeriod: '1209600' });
    expect(JSON.parse(Attributes?.['RedrivePolicy'] ?? '')).toMatchObject({ maxReceiveCount: 5 });
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'missing' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});
