import { Aws, type Duration, Fn, Stack, Validations } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunctionResource } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ATTRIBUTES } from '../../../shared/deployment/agreed.ts';
import type { Told } from '../../../shared/sites/told.ts';
import type { SiteDistribution, VerificationHeader } from './auto-invalidation-props.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { inFindings } from './nag-findings.ts';
import type { RefreshTable } from './refresh-table.ts';
import { ServiceFunction } from './service-function.ts';

export interface SiteDescriptionsProps {
  /**
   * The deployment fails unless each distribution shows it. If KMS encrypts it with a key of yours,
   * it needs its `encryptionKey`.
   */
  readonly bucket: IBucket;
  /** Whether the bucket existed before: then the deployment checks that it can be read. */
  readonly isForeign: boolean;
  readonly distributions: readonly SiteDistribution[];
  /** Keeps the descriptions. */
  readonly table: RefreshTable;
  /** Takes what a change of a distribution has made old. */
  readonly queue: Queue;
  /** How often each distribution is looked at again. */
  readonly watchInterval: Duration;
  readonly memorySize: number;
  readonly logRetention: RetentionDays;
}

/**
 * How each distribution shows the bucket: found by the deployment, completed by what its owner
 * tells, and looked at again on a schedule. The refresh table keeps it.
 */
export class SiteDescriptions extends Construct {
  /** Looks at the distributions again. */
  readonly watch: ServiceFunction;
  /** What the deployment found, a sentence for each distribution. */
  readonly summary: string;

  /** @internal */
  constructor(scope: Construct, id: string, props: SiteDescriptionsProps) {
    super(scope, id);
    this.summary = this.findAll(props);
    this.watch = this.createWatch(props);
  }

  private findAll(props: SiteDescriptionsProps): string {
    const { bucket, isForeign, distributions } = props;
    const find = this.createFind(props);
    const summaries = distributions.map(site => {
      const found = find.serve(this, idOf(site), 'Custom::SiteDistribution', {
        DistributionId: site.distribution.distributionId,
        BucketName: bucket.bucketName,
        Account: Aws.ACCOUNT_ID,
        ...(isForeign ? { Roles: `${Aws.STACK_NAME}-*` } : {}),
        ...(bucket.encryptionKey === undefined ? {} : { BucketKeyArn: bucket.encryptionKey.keyArn }),
        Told: Stack.of(this).toJsonString(toldOf(site)),
        // CloudFormation asks again only when a property changes: this one changes when there are
        // more attributes to find.
        Attributes: ATTRIBUTES,
      });
      return found.getAttString('Summary');
    });
    return summaries.length === 1 ? (summaries[0] ?? '') : Fn.join('; ', summaries);
  }

  private createFind({ bucket, isForeign, ...props }: SiteDescriptionsProps): DeploymentFunction {
    const find = new DeploymentFunction(this, 'Find', {
      handler: 'pipeline/find-distribution',
      description: 'Checks that a distribution shows the bucket, and keeps how',
      environment: {
        REFRESH_TABLE: props.table.tableName,
        SITE_CHANGES_QUEUE_URL: props.queue.queueUrl,
      },
      logRetention: props.logRetention,
      permissions: isForeign
        ? [
            new PolicyStatement({
              actions: ['s3:ListBucket', 's3:GetEncryptionConfiguration'],
              resources: [bucket.bucketArn],
            }),
            new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')] }),
          ]
        : [],
    });
    this.allowLooking(find, { bucket, ...props });
    if (isForeign) {
      Validations.of(find).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${inFindings(find, bucket.arnForObjects('*'))}]`,
        reason: 'It tries to read an object that is not there, where the distribution shows the bucket.',
      });
    }
    return find;
  }

  private createWatch(props: SiteDescriptionsProps): ServiceFunction {
    const { bucket, distributions, table, queue, watchInterval, memorySize, logRetention } = props;
    const watch = new ServiceFunction(this, 'Watch', {
      handler: 'pipeline/watch-distributions',
      description: 'Looks at the distributions again, and refreshes what their changes made old',
      memorySize,
      logRetention,
      environment: {
        SITE_BUCKET: bucket.bucketName,
        DISTRIBUTION_IDS: idsOf(distributions),
        REFRESH_TABLE: table.tableName,
        SITE_CHANGES_QUEUE_URL: queue.queueUrl,
      },
    });
    this.allowLooking(watch, props);
    new Rule(this, 'Schedule', {
      description: 'Looks at the distributions again',
      schedule: Schedule.rate(watchInterval),
      targets: [new LambdaFunction(watch)],
    });
    return watch;
  }

  private allowLooking(
    looker: LambdaFunctionResource,
    { bucket, distributions, table, queue }: Omit<SiteDescriptionsProps, 'isForeign'>,
  ): void {
    for (const { distribution } of distributions) distribution.grant(looker, 'cloudfront:GetDistribution');
    // In any account: AWS does not document which one its managed policies are in, and other
    // accounts' cannot be read anyway.
    const parts = {
      GetCachePolicy: this.arnOf('cache-policy', '*'),
      GetResponseHeadersPolicy: this.arnOf('response-headers-policy', '*'),
      DescribeFunction: this.arnOf('function', Aws.ACCOUNT_ID),
    };
    for (const [action, part] of Object.entries(parts)) {
      looker.addToRolePolicy(new PolicyStatement({ actions: [`cloudfront:${action}`], resources: [part] }));
      Validations.of(looker).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${inFindings(looker, part)}]`,
        reason: 'Which policies and functions the distributions have is known only once it has looked.',
      });
    }
    looker.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:GetBucketWebsite'], resources: [bucket.bucketArn] }),
    );
    table.allow(looker, 'dynamodb:GetItem', 'dynamodb:PutItem');
    looker.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    );
  }

  private arnOf(resource: string, account: string): string {
    const service = 'cloudfront';
    return Stack.of(this).formatArn({ service, region: '', account, resource, resourceName: '*' });
  }
}

/** The ids of distributions, as functions of the pipeline are told them. */
export function idsOf(distributions: readonly SiteDistribution[]): string {
  return Fn.join(
    ',',
    distributions.map(({ distribution }) => distribution.distributionId),
  );
}

/** The same wherever the distribution stands in the list. */
function idOf({ distribution }: SiteDistribution): string {
  return distribution.node.path.replaceAll('/', ' ');
}

/** What its owner tells of a distribution, and what CloudFront therefore need not. */
function toldOf(site: SiteDistribution): Partial<Told> {
  const { url, extensionlessUrls, urls, spaFallback, verify, verificationHeaders = {} } = site;
  const hasHeaders = Object.keys(verificationHeaders).length > 0;
  return {
    ...(url === undefined ? {} : { url }),
    ...(extensionlessUrls === undefined ? {} : { extensionless: extensionlessUrls }),
    ...(urls === undefined
      ? {}
      : { urls: Object.fromEntries(Object.entries(urls).map(([keys, paths]) => [keys, [...paths]])) }),
    ...(spaFallback === undefined ? {} : { spaFallback }),
    ...(verify === undefined ? {} : { verify }),
    ...(hasHeaders ? { verificationHeaders: describedHeaders(verificationHeaders) } : {}),
  };
}

/**
 * Where the values are, never the values. A secret that was imported by name is found by it: its
 * ARN ends with characters that only Secrets Manager knows.
 */
function describedHeaders(headers: Readonly<Record<string, VerificationHeader>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { secret, field }]) => [
      name.toLowerCase(),
      {
        secret: secret.secretFullArn ?? secret.secretName,
        ...(field === undefined ? {} : { field }),
      },
    ]),
  );
}
