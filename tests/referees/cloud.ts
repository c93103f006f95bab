import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { clientFor } from '../helpers/sdk-client.ts';

/** The local cloud that the referees judge; each of them finds what those before it left. */
let judged: Promise<LocalCloud> | undefined;

/** Starts it for the first referee that needs it, and gives it something to tell. */
export function judgedCloud(): Promise<LocalCloud> {
  judged ??= start();
  return judged;
}

export async function stopCloud(): Promise<void> {
  await (await judged)?.stop();
}

async function start(): Promise<LocalCloud> {
  const cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, timeScale: 0.1, alarms: false });
  // `aws s3 ls` fails if it finds nothing.
  const backup = { Bucket: cloud.outputs['BackupBucketName'], Key: 'backups/none.ndjson.gz', Body: 'none' };
  await new S3Client({ ...clientFor(cloud.endpoint), forcePathStyle: true }).send(
    new PutObjectCommand(backup),
  );
  await cloud.journal.waitFor(({ kind }) => kind === 'execution', 'the first refresh');
  return cloud;
}
