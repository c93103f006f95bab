import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  HeadBucketCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { withBucketPolicies } from '../../../infra/local/services/s3/bucket-policy.ts';
import { encryptionOf, withEncryption } from '../../../infra/local/services/s3/encryption.ts';
import { withExpectedOwner } from '../../../infra/local/services/s3/expected-owner.ts';
import { startQueuesAndBuckets } from '../../helpers/queues-and-buckets.ts';
import { clientFor } from '../../helpers/sdk-client.ts';

const KEY = 'arn:aws:kms:us-east-1:000000000000:key/0a1b';

const POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*' }] };

/** Three buckets: the template names a key and a policy, says nothing, or does not have it. */
async function start(): Promise<S3Client> {
  const { s3, ensureBucket, stop } = await startQueuesAndBuckets();
  for (const name of ['with-key', 'without', 'later']) ensureBucket(name);
  const property = {
    ServerSideEncryptionConfiguration: [
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } },
    ],
  };
  const buckets = [
    { name: 'with-key', encryption: encryptionOf(property) },
    { name: 'without', encryption: encryptionOf(undefined) },
  ];
  const described = withBucketPolicies(withEncryption(s3, buckets), new Map([['with-key', POLICY]]));
  const services = new Map([['s3', withExpectedOwner(described)]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  onTestFinished(async () => {
    await endpoint.stop();
    await stop();
  });
  return new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
}

describe('GetBucketEncryption', () => {
  const BY_S3 = { SSEAlgorithm: 'AES256' };

  it.each([
    ['with-key', { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY }],
    ['without', BY_S3],
    ['later', BY_S3],
  ])('tells how new objects of the bucket %s are encrypted', async (Bucket, encryption) => {
    const found = await (await start()).send(new GetBucketEncryptionCommand({ Bucket }));
    expect(found.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault).toEqual(
      encryption,
    );
  });

  it('answers that there is no such bucket', async () => {
    const s3 = await start();
    await expect(s3.send(new GetBucketEncryptionCommand({ Bucket: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('GetBucketPolicy', () => {
  it("returns the template's policy", async () => {
    const { Policy = '' } = await (await start()).send(new GetBucketPolicyCommand({ Bucket: 'with-key' }));
    expect(JSON.parse(Policy)).toEqual(POLICY);
  });

  it.each([
    ['there is none', 'without', 'NoSuchBucketPolicy'],
    ['there is no such bucket', 'none', 'NoSuchBucket'],
  ])('answers that %s', async (_, Bucket, name) => {
    const s3 = await start();
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('The expected owner of a bucket', () => {
  const head = async (ExpectedBucketOwner: string) =>
    (await start()).send(new HeadBucketCommand({ Bucket: 'without', ExpectedBucketOwner }));

  it('may be the account', async () => {
    await expect(head('000000000000')).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });

  it('is refused if it is another account', async () => {
    await expect(head('111122223333')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });
});
