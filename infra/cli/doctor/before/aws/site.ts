import { CloudFrontClient, GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createBucketNotifications } from '../../../../../shared/aws/bucket-notifications.ts';
import { createDistributions } from '../../../../../shared/aws/distributions.ts';
import { createEdge } from '../../../../../shared/aws/edge.ts';
import { createSecretValues } from '../../../../../shared/aws/secret-values.ts';
import { createBuckets } from '../../../../../shared/aws/site-buckets.ts';
import type { Stack } from '../../../aws/stack.ts';
import { askUnless } from '../asking.ts';
import type { Site } from '../ports.ts';
import type { Target } from '../target.ts';

/** @param client for the account and region of the stack */
export function createSite(
  client: Stack['client'],
  { verificationHeaders }: Pick<Target, 'verificationHeaders'>,
): Site {
  const s3 = new S3Client(client);
  const cloudFront = new CloudFrontClient(client);
  const secrets = createSecretValues({ client: new SecretsManagerClient(client) });
  return {
    buckets: createBuckets(s3),
    notifications: createBucketNotifications(s3),
    distributions: createDistributions(cloudFront),

    async bucketPolicy(Bucket) {
      const found = await askUnless('s3:GetBucketPolicy', ['NoSuchBucketPolicy'], undefined, () =>
        s3.send(new GetBucketPolicyCommand({ Bucket })),
      );
      return found?.Policy;
    },

    async distribution(Id) {
      const missing = ['NoSuchDistribution'];
      const found = await askUnless('cloudfront:GetDistribution', missing, undefined, () =>
        cloudFront.send(new GetDistributionCommand({ Id })),
      );
      if (found === undefined) return 'missing';
      const { DomainName = '', Status, DistributionConfig: config } = found.Distribution ?? {};
      return {
        domainName: DomainName,
        isEnabled: config?.Enabled ?? false,
        isDeployed: Status === 'Deployed',
      };
    },

    async openEdge(url) {
      const headers = verificationHeaders.map(({ header, secret, ...field }) => [
        header,
        { secret, ...field },
      ]);
      return createEdge(url, await secrets.headersOf(Object.fromEntries(headers)));
    },
  };
}
