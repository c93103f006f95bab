import { bucketArn } from '../../kernel/arn.ts';
import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import { policyOf } from '../../kernel/permissions/policies.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { publishEvent } from '../events/service.ts';
import { fauxqsEmulator } from '../fauxqs/service.ts';
import { s3Api } from './api.ts';
import { createBucketNotifications } from './bucket-notifications.ts';
import { withBucketPolicies } from './bucket-policy.ts';
import { createBuckets } from './buckets.ts';
import { withEncryption } from './encryption.ts';
import { type EventDelivery, withEvents } from './events.ts';
import { withExpectedOwner } from './expected-owner.ts';
import { type BucketDefinition, bucketOf } from './notification-rules.ts';
import { createVersions } from './versions.ts';

export interface S3Options {
  /** How S3 events travel. @default each once, at once */
  readonly deliverEvent?: EventDelivery;
}

const types: ResourceTypes = {
  'AWS::S3::Bucket': {
    identity: ({ named }) => {
      const name = named('BucketName').toLowerCase();
      return {
        ref: name,
        attributes: {
          Arn: bucketArn(name),
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${LOCAL_REGION}.amazonaws.com`,
        },
      };
    },
    emulated: ['BucketEncryption', 'BucketName', 'NotificationConfiguration', 'VersioningConfiguration'],
    accepted: [
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'WebsiteConfiguration',
    ],
  },
  'AWS::S3::BucketPolicy': {
    identity: ({ property }) => refOnly(String(property('Bucket'))),
    emulated: ['Bucket', 'PolicyDocument'],
  },
};

export const s3: Service<readonly BucketDefinition[], S3Options> = {
  name: 's3',
  types,
  apis: { s3: s3Api },
  needs: [fauxqsEmulator, publishEvent],
  access: account => ({
    resourcePolicies: account
      .all('AWS::S3::BucketPolicy')
      .map(({ logicalId, ref, properties }) => [
        bucketArn(ref),
        policyOf(logicalId, properties['PolicyDocument']),
      ]),
  }),
  parse: account => account.all('AWS::S3::Bucket').map(bucketOf),
  async start(buckets, cloud) {
    const { callAws, journal, permissions, store } = cloud;
    const [emulator, publish] = [cloud.use(fauxqsEmulator)(), cloud.use(publishEvent)];
    for (const { name } of buckets) emulator.s3Store.createBucket(name);
    const queues = new Set(
      cloud
        .account()
        .all('AWS::SQS::Queue')
        .map(({ attributes }) => attributes['Arn']),
    );
    const notifications = await createBucketNotifications(buckets, {
      store,
      callAws,
      isValid: async (queueArn, bucket) =>
        queues.has(queueArn) &&
        (await permissions.mayService('s3.amazonaws.com', bucketArn(bucket), {
          action: 'sqs:SendMessage',
          resource: queueArn,
        })),
    });
    const policies = new Map(
      cloud
        .account()
        .all('AWS::S3::BucketPolicy')
        .map(({ ref, properties }) => [ref, properties['PolicyDocument']]),
    );
    const versioned = buckets.filter(({ keepsVersions }) => keepsVersions).map(({ name }) => name);
    const versions = createVersions(emulator.s3Store, versioned);
    const encrypted = withEncryption(createBuckets(emulator, versions), buckets);
    const { handle, stop } = withEvents({
      s3: withExpectedOwner(notifications.with(withBucketPolicies(encrypted, policies))),
      newestOf: versions.newestOf,
      notificationsOf: bucket => notifications.of(bucket).rules,
      busOf: bucket => (notifications.of(bucket).isBridged ? publish : undefined),
      callAws,
      journal,
      deliver: cloud.options.deliverEvent,
    });
    return { apis: { s3: handle }, stop };
  },
};
