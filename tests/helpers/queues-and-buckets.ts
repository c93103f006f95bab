import { startFauxqs } from '../../infra/local/services/fauxqs/fauxqs.ts';
import { createBuckets } from '../../infra/local/services/s3/buckets.ts';
import { createVersions } from '../../infra/local/services/s3/versions.ts';
import { createSqs, ensureQueue, measureQueueIn } from '../../infra/local/services/sqs/queues.ts';

/**
 * Only S3 and SQS of the local cloud.
 *
 * @param directory where they keep their state; in memory without one
 */
export async function startQueuesAndBuckets(directory?: string) {
  const fauxqs = await startFauxqs(directory);
  const versions = createVersions(fauxqs.s3Store, []);
  return {
    s3: createBuckets(fauxqs, versions),
    newestOf: versions.newestOf,
    sqs: createSqs(fauxqs.handle, fauxqs.sqsStore),
    ensureQueue: (name: string, url: string, attributes: Record<string, string>) =>
      ensureQueue(fauxqs.sqsStore, { name, url, attributes }),
    ensureBucket: (name: string) => fauxqs.s3Store.createBucket(name),
    measureQueue: (name: string) => measureQueueIn(fauxqs.sqsStore, name),
    stop: fauxqs.stop,
  };
}
