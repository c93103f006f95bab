import { Stack, Validations } from 'aws-cdk-lib';
import { Distribution, type IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ATTRIBUTES, type Attributes } from '../../../shared/deployment/distribution-lookup.ts';
import type { SiteDistribution } from './auto-invalidation-props.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { inFindings } from './nag-findings.ts';

export interface ExistingDistributionsProps {
  readonly distributionIds: readonly string[];
  /** The deployment fails unless each distribution shows it. */
  readonly bucket: IBucket;
  /** Whether the distributions also show `page.html` as `/page`. */
  readonly extensionlessUrls: boolean;
}

/** Distributions that exist already, by their ids alone: the deployment finds out the rest. */
export class ExistingDistributions extends Construct {
  readonly distributions: readonly SiteDistribution[];

  constructor(scope: Construct, id: string, props: ExistingDistributionsProps) {
    super(scope, id);
    const { distributionIds, bucket, extensionlessUrls } = props;
    // In any account: AWS does not document which one its managed policies are in, and other
    // accounts' cannot be read anyway.
    const cachePolicies = this.arnOf('cache-policy', '*', '*');
    const find = new DeploymentFunction(this, 'Find', {
      handler: 'pipeline/find-distribution',
      description: 'Checks that a distribution shows the bucket, and finds how',
      permissions: [
        new PolicyStatement({
          actions: ['cloudfront:GetDistribution'],
          resources: distributionIds.map(distributionId => this.arnOf('distribution', distributionId)),
        }),
        new PolicyStatement({ actions: ['cloudfront:GetCachePolicy'], resources: [cachePolicies] }),
      ],
    });
    Validations.of(find).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${inFindings(find, cachePolicies)}]`,
      reason: 'Which cache policies the distributions have is known only once it has looked.',
    });
    this.distributions = distributionIds.map(distributionId => {
      const found = find.serve(this, distributionId, 'Custom::ExistingDistribution', {
        DistributionId: distributionId,
        BucketName: bucket.bucketName,
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
        distribution,
        originPath: text('OriginPath'),
        extensionlessUrls,
        rootObject: text('RootObject'),
        cachesQueryStrings: flag('CachesQueryStrings'),
        honoursNoStore: flag('HonoursNoStore'),
        errorPages: [text('ErrorPage403'), text('ErrorPage404')],
      };
    });
  }

  private arnOf(resource: 'distribution' | 'cache-policy', resourceName: string, account?: string): string {
    const owner = account === undefined ? {} : { account };
    return Stack.of(this).formatArn({ service: 'cloudfront', region: '', ...owner, resource, resourceName });
  }
}
