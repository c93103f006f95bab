import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { startLocalCloud } from '../../infra/local/local-cloud.ts';
import { clientFor } from '../helpers/sdk-client.ts';

const EXAMPLE = join(import.meta.dirname, '../../infra/examples/own-bucket.ts');
const STACK = 'Site';

it('The example with an own bucket that has no name is fresh after an upload', async () => {
  const assemblyDirectory = mkdtempSync(join(tmpdir(), 'example-'));
  onTestFinished(() => rmSync(assemblyDirectory, { recursive: true }));
  await promisify(execFile)(process.execPath, [EXAMPLE], {
    env: { PATH: dirname(process.execPath), CDK_OUTDIR: assemblyDirectory, CDK_VALIDATION: 'false' },
  });
  const cloud = await startLocalCloud({
    assemblyDirectory,
    stackName: STACK,
    timeScale: 0.05,
    alarms: false,
  });
  onTestFinished(cloud.stop);

  const client = clientFor(cloud.endpoint);
  const { StackResourceSummaries = [] } = await new CloudFormationClient(client).send(
    new ListStackResourcesCommand({ StackName: STACK }),
  );
  const bucket = StackResourceSummaries.find(({ ResourceType }) => ResourceType === 'AWS::S3::Bucket');
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const upload = (Body: string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket?.PhysicalResourceId, Key: 'index.html', Body }));

  for (const content of ['old', 'new']) {
    const mails = cloud.mails().length;
    await upload(content);
    await expect
      .poll(() =>
        cloud
          .mails()
          .slice(mails)
          .map(({ subject }) => subject),
      )
      .toEqual(['Fresh: index.html']);
    expect((await cloud.view('/')).body.toString()).toBe(content);
  }
});
