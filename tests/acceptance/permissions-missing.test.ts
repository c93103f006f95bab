import { rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assemblyWith } from '../helpers/assembly.ts';
import { expectFailed, upload } from '../helpers/endings.ts';
import { startSite } from '../helpers/site.ts';

/** Starts the site without some of what its template grants. */
async function startWithout(isRemoved: (statement: Statement, logicalId: string) => boolean) {
  const assemblyDirectory = await assemblyWith(({ Properties }, logicalId) => {
    const document = Properties['PolicyDocument'] as { Statement: Statement[] } | undefined;
    if (document !== undefined)
      document.Statement = document.Statement.filter(statement => !isRemoved(statement, logicalId));
  });
  onTestFinished(() => rm(assemblyDirectory, { recursive: true }));
  const without = await startSite({ assemblyDirectory, timeScale: 0.02, invalidationDelayMs: 0 });
  onTestFinished(without.stop);
  return without;
}

interface Statement {
  readonly Action: string | readonly string[];
}

const granting = (action: string) => (statement: Statement) => [statement.Action].flat().includes(action);

describe('A template without the permission', () => {
  it('to create invalidations: the refresh fails, and its mail says what is missing', async () => {
    const without = await startWithout(granting('cloudfront:CreateInvalidation'));
    const ended = await upload(without);
    expectFailed(ended, 'AccessDenied');
    expect(ended.mail.body.text).toMatch(
      /assumed-role\/\S+Invalidate\S+ is not authorized to perform: cloudfront:CreateInvalidation on resource/,
    );
  });

  it('to run a step: the refresh fails', async () => {
    const ofMachine = (statement: Statement, logicalId: string) =>
      logicalId.includes('StateMachine') && granting('dynamodb:GetItem')(statement);
    const without = await startWithout(ofMachine);
    expectFailed(await upload(without), 'DynamoDB.AmazonDynamoDBException');
  });

  it('to read the bucket: CloudFront answers 403', async () => {
    const ofBucket = (statement: Statement, logicalId: string) =>
      logicalId.startsWith('WebsiteSiteBucketPolicy') && granting('s3:GetObject')(statement);
    const without = await startWithout(ofBucket);
    await without.put('page.txt', 'unread');
    expect(await without.cloud.view('/page.txt')).toMatchObject({ status: 403 });
  });

  it('to poll its queue does not start, as it would not deploy', async () => {
    await expect(startWithout(granting('sqs:ReceiveMessage'))).rejects.toThrow(
      'The provided execution role does not have permissions to call ReceiveMessage on SQS',
    );
  });
});
