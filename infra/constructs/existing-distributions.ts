import { Stack } from 'aws-cdk-lib';
import { Distribution, type IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ATTRIBUTES, type Attributes } from '../../shared/deployment/distribution-lookup.ts';
import type { SiteDistribution } from './auto-invalidation-props.ts';
import { DeploymentFunction } from './deployment-function.ts';

export interface ExistingDistributionsProps {
  readonly distributionIds: readonly string[];
  /** The deployment fails unless each of them shows it. */
  readonly bucket: IBucket;
  /** Of all of them. */
  readonly extensionlessUrls: boolean;
}

/** Distributions that there are already, by their ids alone: the deployment finds out the rest. */
export class ExistingDistributions extends Construct {
  readonly distributions: readonly SiteDistribution[];

  constructor(scope: Construct, id: string, props: ExistingDistributionsProps) {
    super(scope, id);
    const { distributionIds, bucket, extensionlessUrls } = props;
    const find = new DeploymentFunction(this, 'Find', {
      handler: 'find-distribution',
      description: 'Checks that a distribution shows the bucket, and finds how',
      permissions: [
        new PolicyStatement({
          actions: ['cloudfront:GetDistribution'],
          resources: distributionIds.map(distributionId => this.arnOf(distributionId)),
        }),
      ],
    });
    this.distributions = distributionIds.map(distributionId => {
      const found = find.serve(this, distributionId, 'Custom::ExistingDistribution', {
        DistributionId: distributionId,
        BucketName: bucket.bucketName,
        // CloudFormation asks again only when a property changes: a stack from before must be told what it does not know yet.
        Attributes: ATTRIBUTES,
      });
      const text = (name: keyof Attributes) => found.getAttString(name);
      const distribution: IDistribution = Distribution.fromDistributionAttributes(
        this,
        `${distributionId}Distribution`,
        { distributionId, domainName: text('DomainName') },
      );
      return {
        distribution,
        originPath: text('OriginPath'),
        extensionlessUrls,
        errorPages: [text('ErrorPage403'), text('ErrorPage404')],
      };
    });
  }

  private arnOf(distributionId: string): string {
    return Stack.of(this).formatArn({
      service: 'cloudfront',
      region: '',
      resource: 'distribution',
      resourceName: distributionId,
    });
  }
}
