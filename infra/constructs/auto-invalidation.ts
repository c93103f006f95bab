import { fileURLToPath } from 'node:url';
import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { REFRESHES_IN_ORDER } from '../../shared/aws/refresh-history.ts';
import { LISTED } from '../../shared/refresh/history.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import type { Mail } from './mail.ts';
import { cfnBucketOf, logicalIdOf } from './private-bucket.ts';
import { ServiceFunction } from './service-function.ts';

const WORKFLOW = fileURLToPath(new URL('../workflows/refresh.asl.json', import.meta.url));
const COLLECT_TIMEOUT = Duration.seconds(30);
/** Thousands of URLs are verified, or thousands of changes planned, in one invocation. */
const STEP_TIMEOUT = Duration.minutes(10);
/** The site is at the root of its bucket. */
const ORIGIN_PATH = '';
const EVENTS = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

export interface AutoInvalidationProps {
  readonly bucket: IBucket;
  readonly distribution: IDistribution;
  readonly mail: Mail;
  /** Whether a refresh that went well is mailed too; a failed one always is. */
  readonly mailWhen: 'always' | 'failed';
  readonly quietSeconds: number;
  readonly maxLooks: number;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  /** What AWS charges for a path beyond the free ones, and what it is worth not to purge one unchanged object. */
  readonly pathPriceUsd: number;
  readonly refetchPriceUsd: number;
  readonly freePathsPerMonth: number;
  /** So many unchanged objects one refresh may purge to save money. */
  readonly maxNeedlessPurges: number;
  /** Whether the site also shows `page.html` as `/page`. */
  readonly extensionlessUrls: boolean;
  /** From then on after CloudFront's first refusal one path for all is asked for. */
  readonly quotaPatienceMinutes: number;
}

/** The heart: a change in the bucket makes the distribution's edge fresh. */
export class AutoInvalidation extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly table: Table;
  readonly stateMachine: StateMachine;
  private readonly props: AutoInvalidationProps;

  constructor(scope: Construct, id: string, props: AutoInvalidationProps) {
    super(scope, id);
    this.props = props;
    const batchWindow = Duration.seconds(props.batchWindowSeconds);
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'SiteChanges', {
      name: 'site-changes',
      consumerTimeout: COLLECT_TIMEOUT,
      batchWindow,
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.table = this.createTable();
    notify(props.bucket, queue);
    this.stateMachine = this.createStateMachine(props);
    this.collectChanges(props, batchWindow);
  }

  /** The function may read the history of refreshes and take changes as the collector does; it finds everything in its environment. */
  bindRefreshes(user: ServiceFunction): void {
    const { distribution, extensionlessUrls, pathPriceUsd, freePathsPerMonth } = this.props;
    const environment = {
      DISTRIBUTION_ID: distribution.distributionId,
      REFRESH_TABLE: this.table.tableName,
      REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
      ORIGIN_PATH,
      EXTENSIONLESS_URLS: String(extensionlessUrls),
      PATH_PRICE_USD: String(pathPriceUsd),
      FREE_PATHS_PER_MONTH: String(freePathsPerMonth),
    };
    for (const [name, value] of Object.entries(environment)) user.addEnvironment(name, value);
    this.allowCollecting(user);
    user.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [`${this.table.tableArn}/index/${REFRESHES_IN_ORDER}`],
      }),
    );
    distribution.grant(user, 'cloudfront:GetInvalidation');
  }

  private createTable(): Table {
    const table = new Table(this, 'Refreshes', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    table.addGlobalSecondaryIndex({
      indexName: REFRESHES_IN_ORDER,
      partitionKey: { name: 'distributionId', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...LISTED],
    });
    Validations.of(table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'Work in progress and its history: an old state restored would be wrong, and the bucket holds the truth.',
    });
    return table;
  }

  private createStateMachine(props: AutoInvalidationProps): StateMachine {
    const { bucket, distribution, mail } = props;
    const DISTRIBUTION_ID = distribution.distributionId;
    const REFRESH_TABLE = this.table.tableName;
    const SITE_BUCKET = bucket.bucketName;

    const invalidate = new ServiceFunction(this, 'Invalidate', {
      handler: 'invalidate',
      description: 'Closes a refresh, plans its paths, creates its CloudFront invalidation',
      timeout: STEP_TIMEOUT,
      environment: {
        SITE_BUCKET,
        DISTRIBUTION_ID,
        REFRESH_TABLE,
        ORIGIN_PATH,
        PATH_PRICE_USD: String(props.pathPriceUsd),
        REFETCH_PRICE_USD: String(props.refetchPriceUsd),
        FREE_PATHS_PER_MONTH: String(props.freePathsPerMonth),
        MAX_NEEDLESS_PURGES: String(props.maxNeedlessPurges),
        EXTENSIONLESS_URLS: String(props.extensionlessUrls),
        QUOTA_PATIENCE_MINUTES: String(props.quotaPatienceMinutes),
      },
    });
    allowOn(
      this.table,
      invalidate,
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
    allowReading(invalidate, bucket);
    distribution.grant(
      invalidate,
      'cloudfront:CreateInvalidation',
      'cloudfront:GetInvalidation',
      'cloudfront:ListInvalidations',
    );

    const verify = new ServiceFunction(this, 'Verify', {
      handler: 'verify-edge',
      description: 'Asks the edge for every changed URL and compares with the bucket',
      timeout: STEP_TIMEOUT,
      environment: {
        SITE_BUCKET,
        SITE_URL: `https://${distribution.distributionDomainName}`,
        DISTRIBUTION_ID,
        REFRESH_TABLE,
        ORIGIN_PATH,
      },
    });
    allowOn(this.table, verify, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    allowReading(verify, bucket);

    const report = new ServiceFunction(this, 'Report', {
      handler: 'report-refresh',
      description: 'Ends a refresh: history, metrics, mail',
      environment: {
        DISTRIBUTION_ID,
        REFRESH_TABLE,
        MAIL_WHEN: props.mailWhen,
      },
    });
    allowOn(this.table, report, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    mail.bindTo(report);

    const { stackName } = Stack.of(this);
    const stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: `${stackName}-refresh`,
      comment: 'Follows one refresh until the edge is fresh',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(WORKFLOW),
      definitionSubstitutions: {
        Partition: Aws.PARTITION,
        RefreshTable: REFRESH_TABLE,
        DistributionId: DISTRIBUTION_ID,
        InvalidateFunction: invalidate.functionArn,
        VerifyFunction: verify.functionArn,
        ReportFunction: report.functionArn,
        QuietSeconds: String(props.quietSeconds),
        MaxLooks: String(props.maxLooks),
      },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'StateMachineLogs', {
          // Below this prefix AWS needs no entry for each group in the account's one, short resource policy.
          logGroupName: `/aws/vendedlogs/states/${stackName}-refresh`,
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    for (const step of [invalidate, verify, report]) {
      stateMachine.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [step.functionArn] }),
      );
    }
    Validations.of(stateMachine).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and CloudWatch log delivery have no resources to name.',
    });
    allowOn(this.table, stateMachine, 'dynamodb:GetItem');
    distribution.grant(stateMachine, 'cloudfront:GetInvalidation');
    return stateMachine;
  }

  private allowCollecting(collector: ServiceFunction): void {
    allowOn(
      this.table,
      collector,
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:BatchWriteItem',
    );
    this.stateMachine.grantStartExecution(collector);
  }

  private collectChanges(
    { bucket, distribution, batchSize }: AutoInvalidationProps,
    batchWindow: Duration,
  ): void {
    const collect = new ServiceFunction(this, 'Collect', {
      handler: 'collect-changes',
      description: 'Puts S3 events and manual requests into the open refresh',
      timeout: COLLECT_TIMEOUT,
      environment: {
        SITE_BUCKET: bucket.bucketName,
        DISTRIBUTION_ID: distribution.distributionId,
        REFRESH_TABLE: this.table.tableName,
        REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
      },
    });
    this.allowCollecting(collect);
    collect.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize,
        ...(batchWindow.toSeconds() > 0 ? { maxBatchingWindow: batchWindow } : {}),
        reportBatchItemFailures: true,
      }),
    );
  }
}

/** Not `table.grant`, which would grant the table's indexes as well. */
function allowOn(table: Table, grantee: IGrantable, ...actions: string[]): void {
  Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn] });
}

/** HeadObject needs GetObject, and answers a missing key with 404 only to those who may list. */
function allowReading(reader: ServiceFunction, bucket: IBucket): void {
  reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  reader.addToRolePolicy(
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')] }),
  );
  Validations.of(reader).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`,
    reason: 'Any object of the site may have changed; it reads their headers only.',
  });
}

/**
 * Sends the bucket's events to the queue. Written on the L1 bucket, so that no custom resource with a Lambda of its own is
 * needed. S3 checks the destination when the bucket is created: the queue's policy comes first, and it names the bucket by its
 * literal ARN because a reference would close a circle.
 */
function notify(bucket: IBucket, queue: Queue): void {
  const resource = cfnBucketOf(bucket);
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnEquals: { 'aws:SourceArn': `arn:${Aws.PARTITION}:s3:::${resource.bucketName}` },
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      },
    }),
  );
  resource.notificationConfiguration = {
    queueConfigurations: EVENTS.map(event => ({ event, queue: queue.queueArn })),
  };
  resource.node.addDependency(queue.node.findChild('Policy'));
}
