import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { AwsResponse, AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { createBuckets } from '../../shared/aws/site-buckets.ts';
import { clientFor } from '../helpers/sdk-client.ts';

const ACCOUNT = '111122223333';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/0a1b';

/** Buckets as a client sees them to whom S3 answers so. */
async function bucketsOf(answer: AwsService) {
  const services = new Map([['s3', answer]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  const client = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
  onTestFinished(async () => {
    client.destroy();
    await endpoint.stop();
  });
  return createBuckets(client);
}

const inRegion = (status: number, region: string) => ({
  status,
  headers: { 'x-amz-bucket-region': region },
});

const xml = (status: number, body: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
});

const DENIED = xml(403, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');

/** The first answer to HeadBucket, the second one to GetBucketEncryption. */
const looking = (head: AwsResponse, encryption: AwsResponse = DENIED) =>
  bucketsOf(async ({ method }) => (method === 'HEAD' ? head : encryption));

const encryptedBy = (rule: string) =>
  xml(
    200,
    `<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault>${rule}</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
  );

// S3 answers HeadBucket without a body: API reference, HeadBucket.
it.each([
  ['a bucket of this region', inRegion(200, 'us-east-1'), { kind: 'here' }],
  ['no bucket', { status: 404 }, { kind: 'missing' }],
  ['a redirect', inRegion(301, 'eu-west-1'), { kind: 'elsewhere', region: 'eu-west-1' }],
  [
    'a bucket elsewhere that it denies',
    inRegion(403, 'eu-west-1'),
    { kind: 'elsewhere', region: 'eu-west-1' },
  ],
  ['a bucket elsewhere, as bad', inRegion(400, 'me-south-1'), { kind: 'elsewhere', region: 'me-south-1' }],
  ['a bucket here that it denies', inRegion(403, 'us-east-1'), { kind: 'denied' }],
] as const)('A bucket is found as S3 answers of it: %s', async (_, head, found) => {
  expect(await (await looking(head)).find('site', ACCOUNT)).toEqual(found);
});

it('A bucket is asked for as one of the account', async () => {
  const owners: unknown[] = [];
  const buckets = await bucketsOf(async ({ headers }) => {
    owners.push(headers['x-amz-expected-bucket-owner']);
    return { status: 404 };
  });
  await buckets.find('site', ACCOUNT);
  expect(owners).toEqual([ACCOUNT]);
});

it.each([
  [
    'a key of KMS',
    encryptedBy(`<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${KEY}</KMSMasterKeyID>`),
    { keyOfKms: KEY },
  ],
  ['the key that AWS manages', encryptedBy('<SSEAlgorithm>aws:kms</SSEAlgorithm>'), {}],
  ['keys of S3', encryptedBy('<SSEAlgorithm>AES256</SSEAlgorithm>'), {}],
  ['what S3 does not say', DENIED, {}],
])('A bucket is found with its encryption by %s', async (_, encryption, key) => {
  const buckets = await looking({ status: 200 }, encryption);
  expect(await buckets.find('site', ACCOUNT)).toEqual({ kind: 'here', ...key });
});

it('A bucket about which S3 has trouble is not judged', async () => {
  await expect((await looking({ status: 500 })).find('site', ACCOUNT)).rejects.toThrow();
});

const denied = (why: string) =>
  xml(
    403,
    `<Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::${ACCOUNT}:assumed-role/find/find is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::site/none" ${why}</Message></Error>`,
  );

it.each([
  ['there is none', xml(404, '<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>'), 'allowed'],
  ['there is one', { status: 206, body: 'a' }, 'allowed'],
  ['a policy denies it', denied('with an explicit deny in a resource-based policy'), 'refused'],
  [
    'no policy allows it',
    denied('because no identity-based policy allows the s3:GetObject action'),
    'denied',
  ],
] as const)('Whether objects may be read is told by the answer that %s', async (_, answer, reading) => {
  const buckets = await bucketsOf(async () => answer);
  expect(await buckets.reading('site', 'none')).toBe(reading);
});
