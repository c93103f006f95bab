import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration as Output,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { BucketNotifications, NotificationConfiguration } from '../deployment/bucket-notifications.ts';
import { DeploymentRefusedError } from '../errors.ts';

const MAX_ATTEMPTS = 5;
/**
 * S3's answer while another change of the bucket is under way. The configuration is then read
 * again.
 */
const CONFLICT = 'OperationAborted';
/** S3's answers if there is no such bucket here. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'There is no bucket',
  PermanentRedirect: 'The region of this stack (-c region=…) has no bucket',
};

/** @param pause in milliseconds, before the configuration is read again */
export function createBucketNotifications(
  client = new S3Client({}),
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): BucketNotifications {
  async function change(
    Bucket: string,
    make: (configuration: NotificationConfiguration) => NotificationConfiguration,
    SkipDestinationValidation: boolean,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { $metadata: _, ...found } = await client.send(
          new GetBucketNotificationConfigurationCommand({ Bucket }),
        );
        const made = make(found);
        if (made === found) return;
        const NotificationConfiguration = made as Output;
        await client.send(
          new PutBucketNotificationConfigurationCommand({
            Bucket,
            NotificationConfiguration,
            SkipDestinationValidation,
          }),
        );
        return;
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || nameOf(error) !== CONFLICT) throw error;
        await pause(500 * attempt);
      }
    }
  }

  return {
    async change(bucket, make) {
      try {
        await change(bucket, make, false);
      } catch (error) {
        const refusal = REFUSALS[nameOf(error)];
        if (refusal === undefined) throw error;
        throw new DeploymentRefusedError(`${refusal} ${bucket}`, { cause: error });
      }
    },
    async changeIfAny(bucket, make) {
      try {
        await change(bucket, make, true);
      } catch (error) {
        if (REFUSALS[nameOf(error)] === undefined) throw error;
      }
    },
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
