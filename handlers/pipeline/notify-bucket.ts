import { createBucketNotifications } from '../../shared/aws/bucket-notifications.ts';
import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { bucketNotification } from '../../shared/deployment/bucket-notifications.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

/** Custom resource: events of an existing bucket, beside its other notifications. */
export const handler = resourceHandler(bucketNotification(createBucketNotifications()), sendAnswer);
