import { Aws, Stack, Validations } from 'aws-cdk-lib';
import { Distribution, type IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ATTRIBUTES, type Attributes } from '../../../shared/deployment/distribution-lookup.ts';
import type { SiteDistribution } from './auto-invalidation-props.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { inFindings } from './nag-findings.ts';

/** A distribution by its id, and what the deployment cannot find out about it. */
export interface ExistingDistribution
  extends Pick<SiteDistribution, 'url' | 'verify' | 'verificationHeaders' | 'extensionlessUrls'> {
  readonly id: string;
}

export interface ExistingDistributionsProps {
  readonly distributions: readonly ExistingDistribution[];
  /**
   * The deployment fails unless each distribution shows it. If KMS encrypts it with a key of yours,
   * it needs its `encryptionKey`.
   */
  readonly bucket: IBucket;
}

/** Distributions that exist already, by their ids alone: the deployment finds out the rest. */
export class ExistingDistributions extends Construct {
  readonly distributions: readonly SiteDistribution[];

  constructor(scope: Construct, id: string, { distributions, bucket }: ExistingDistributionsProps) {
    super(scope, id);
    const find = this.createFind(
      distributions.map(each => each.id),
      bucket,
    );
    this.distributions = distributions.map(({ id: distributionId, ...told }) => {
      const found = find.serve(this, distributionId, 'Custom::ExistingDistribution', {
        DistributionId: distributionId,
        BucketName: bucket.bucketName,
        ...(bucket.encryptionKey === undefined ? {} : { BucketKeyArn: bucket.encryptionKey.keyArn }),
        Account: Aws.ACCOUNT_ID,
        Roles: `${Aws.STACK_NAME}-*`,
        // CloudFormation asks again only when a property changes: this one changes when there are
        // more attributes to find.
        Attributes: ATTRIBUTES,
      });
      const text = (name: keyof Attributes) => found.getAttString(name);
      const flag = (name: keyof Attributes) => found.getAtt(name);
      const distribution: IDistribution = Distribution.fromDistributionAttributes(
        this,
        `${distributionId}Distribution`,
        { distributionId, domainName: text('DomainName') },
      );
      return {
        ...told,
        distribution,
        originPath: text('OriginPath'),
        rootObject: text('RootObject'),
        cachesQueryStrings: flag('CachesQueryStrings'),
        honoursNoStore: flag('HonoursNoStore'),
        errorPages: [text('ErrorPage403'), text('ErrorPage404')],
      };
    });
  }

  private createFind(distributionIds: readonly string[], bucket: IBucket): DeploymentFunction {
    // In any account: AWS does not document which one its managed policies are in, and other
    // accounts' cannot be read anyway.
    const parts = [
      this.arnOf('cache-policy', '*', '*'),
      this.arnOf('response-headers-policy', '*', '*'),
      this.arnOf('function', '*'),
    ];
    const objects = bucket.arnForObjects('*');
    const find = new DeploymentFunction(this, 'Find', {
      handler: 'pipeline/find-distribution',
      description: 'Checks that a distribution shows the bucket, and finds how',
      permissions: [
        new PolicyStatement({
          actions: ['cloudfront:GetDistribution'],
          resources: distributionIds.map(distributionId => this.arnOf('distribution', distributionId)),
        }),
        new PolicyStatement({
          actions: [
            'cloudfront:GetCachePolicy',
            'cloudfront:GetResponseHeadersPolicy',
            'cloudfront:DescribeFunction',
          ],
          resources: parts,
        }),
        new PolicyStatement({
          actions: ['s3:ListBucket', 's3:GetEncryptionConfiguration'],
          resources: [bucket.bucketArn],
        }),
        new PolicyStatement({ actions: ['s3:GetObject'], resources: [objects] }),
      ],
    });
    for (const part of parts) {
      Validations.of(find).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${inFindings(find, part)}]`,
        reason: 'Which policies and functions the distributions have is known only once it has looked.',
      });
    }
    Validations.of(find).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${inFindings(find, objects)}]`,
      reason: 'It tries to read an object that is not there, where the distribution shows the bucket.',
    });
    return find;
  }

  private arnOf(resource: string, resourceName: string, account?: string): string {
    const owner = account === undefined ? {} : { account };
    return Stack.of(this).formatArn({ service: 'cloudfront', region: '', ...owner, resource, resourceName });
  }
}
