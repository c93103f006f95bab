import { fileURLToPath } from 'node:url';
import { Aws, Duration, type IResolvable, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { LISTED_ATTRIBUTES } from '../../../shared/aws/refresh-table/items.ts';
import { REFRESHES_IN_ORDER } from '../../../shared/aws/refresh-table/refresh-history.ts';
import type { Distribution } from '../../../shared/refresh/distribution.ts';
import type { KeyFilter } from '../../../shared/refresh/key-filter.ts';
import {
  type AutoInvalidationProps,
  DEFAULTS,
  LARGEST_BATCH,
  type RefreshOptions,
  type SiteDistribution,
} from './auto-invalidation-props.ts';
import { sendEvents } from './bucket-events.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { Mail } from './mail.ts';
import { inFindings } from './nag-findings.ts';
import { ServiceFunction } from './service-function.ts';

const WORKFLOW = fileURLToPath(new URL('../../workflows/refresh.asl.json', import.meta.url));
const COLLECT_TIMEOUT = Duration.seconds(30);
/** Thousands of URLs are verified, or thousands of changes planned, in one invocation. */
const STEP_TIMEOUT = Duration.minutes(10);

/** Everything that the functions are told. */
interface Pipeline extends Required<RefreshOptions> {
  readonly bucket: IBucket;
  readonly distributions: readonly SiteDistribution[];
}

/**
 * The heart: a change in the bucket makes every distribution fresh that shows it.
 *
 *     new AutoInvalidation(this, 'Freshness', { bucket, distribution, notifyEmail: 'owner@example.com' });
 *
 * There can be one in a stack.
 */
export class AutoInvalidation extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly table: Table;
  readonly stateMachine: StateMachine;
  /** Its own, unless it was given one. */
  readonly mail: Mail;
  private readonly pipeline: Pipeline;

  constructor(scope: Construct, id: string, props: AutoInvalidationProps) {
    super(scope, id);
    const pipeline: Pipeline = {
      ...DEFAULTS,
      ...props,
      distributions: 'distributions' in props ? props.distributions : [props],
    };
    this.pipeline = pipeline;
    if (pipeline.batchSize > LARGEST_BATCH) throw new Error(`batchSize must be at most ${LARGEST_BATCH}`);
    const batchWindow = Duration.seconds(pipeline.batchWindowSeconds);
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'SiteChanges', {
      name: 'site-changes',
      consumerTimeout: COLLECT_TIMEOUT,
      batchWindow,
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.table = this.createTable();
    sendEvents(this, { bucket: pipeline.bucket, queue, keyPrefixes: pipeline.keyPrefixes });
    this.mail = 'mail' in props ? props.mail : new Mail(this, 'Mail', props);
    this.stateMachine = this.createStateMachine(pipeline);
    this.collectChanges(pipeline, batchWindow);
  }

  /**
   * The function may read the history of a distribution's refreshes, and take changes as the collector does; it finds everything in its
   * environment.
   *
   * @param shown one of those that this pipeline refreshes
   */
  bindRefreshes(user: ServiceFunction, shown: IDistribution): void {
    const { distributions, pathPriceUsd, freePathsPerMonth } = this.pipeline;
    const [bound] = this.described(distributions.filter(({ distribution }) => distribution === shown));
    const environment = {
      DISTRIBUTION: Stack.of(this).toJsonString(bound),
      REFRESH_TABLE: this.table.tableName,
      REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
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
    shown.grant(user, 'cloudfront:GetInvalidation');
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
      nonKeyAttributes: [...LISTED_ATTRIBUTES],
    });
    Validations.of(table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'Work in progress and its history: an old state restored would be wrong, and the bucket holds the truth.',
    });
    return table;
  }

  private createStateMachine(pipeline: Pipeline): StateMachine {
    const { bucket, distributions } = pipeline;
    const REFRESH_TABLE = this.table.tableName;
    const SITE_BUCKET = bucket.bucketName;
    const DISTRIBUTIONS = Stack.of(this).toJsonString(this.described(distributions));

    const invalidate = new ServiceFunction(this, 'Invalidate', {
      handler: 'pipeline/invalidate',
      description: 'Closes a refresh, plans its paths, creates its CloudFront invalidation',
      timeout: STEP_TIMEOUT,
      environment: {
        SITE_BUCKET,
        DISTRIBUTIONS,
        REFRESH_TABLE,
        PATH_PRICE_USD: String(pipeline.pathPriceUsd),
        REFETCH_PRICE_USD: String(pipeline.refetchPriceUsd),
        FREE_PATHS_PER_MONTH: String(pipeline.freePathsPerMonth),
        MAX_NEEDLESS_PURGES: String(pipeline.maxNeedlessPurges),
        QUOTA_PATIENCE_MINUTES: String(pipeline.quotaPatienceMinutes),
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

    const verify = new ServiceFunction(this, 'Verify', {
      handler: 'pipeline/verify-edge',
      description: 'Asks the edge for every changed URL and compares with the bucket',
      timeout: STEP_TIMEOUT,
      environment: { SITE_BUCKET, DISTRIBUTIONS, REFRESH_TABLE },
    });
    allowOn(this.table, verify, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    allowReading(verify, bucket);

    const report = new ServiceFunction(this, 'Report', {
      handler: 'pipeline/report-refresh',
      description: 'Ends a refresh: history, metrics, mail',
      environment: { REFRESH_TABLE, MAIL_WHEN: pipeline.mailWhen },
    });
    allowOn(this.table, report, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    this.mail.bindTo(report);

    const { stackName } = Stack.of(this);
    const stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: `${stackName}-refresh`,
      comment: 'Follows one refresh until the edge is fresh',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(WORKFLOW),
      definitionSubstitutions: {
        Partition: Aws.PARTITION,
        RefreshTable: REFRESH_TABLE,
        InvalidateFunction: invalidate.functionArn,
        VerifyFunction: verify.functionArn,
        ReportFunction: report.functionArn,
        QuietSeconds: String(pipeline.quietSeconds),
        MaxLooks: String(pipeline.maxLooks),
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
    for (const { distribution } of distributions) {
      distribution.grant(
        invalidate,
        'cloudfront:CreateInvalidation',
        'cloudfront:GetInvalidation',
        'cloudfront:ListInvalidations',
      );
      distribution.grant(stateMachine, 'cloudfront:GetInvalidation');
    }
    this.reportStopped(stateMachine, report);
    return stateMachine;
  }

  /** An execution that is ended from outside runs no further step, and its refresh would seem to be on its way for ever. */
  private reportStopped(stateMachine: StateMachine, report: ServiceFunction): void {
    const event = RuleTargetInput.fromObject({
      refreshId: EventField.fromPath('$.detail.name'),
      failure: { Error: EventField.fromPath('$.detail.status'), Cause: 'Its execution was stopped' },
    });
    new Rule(this, 'Stopped', {
      description: 'Refreshes whose execution was stopped, to the function that reports their end',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['ABORTED', 'TIMED_OUT'], stateMachineArn: [stateMachine.stateMachineArn] },
      },
      targets: [new LambdaFunction(report, { event })],
    });
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

  private collectChanges(pipeline: Pipeline, batchWindow: Duration): void {
    const keys: KeyFilter = { prefixes: [...pipeline.keyPrefixes], excluded: [...pipeline.excludedKeys] };
    const collect = new ServiceFunction(this, 'Collect', {
      handler: 'pipeline/collect-changes',
      description: 'Puts S3 events and manual requests into the open refresh',
      timeout: COLLECT_TIMEOUT,
      environment: {
        SITE_BUCKET: pipeline.bucket.bucketName,
        SITE_KEYS: JSON.stringify(keys),
        DISTRIBUTIONS: Stack.of(this).toJsonString(this.described(pipeline.distributions)),
        REFRESH_TABLE: this.table.tableName,
        REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
      },
    });
    this.allowCollecting(collect);
    collect.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: pipeline.batchSize,
        ...(batchWindow.toSeconds() > 0 ? { maxBatchingWindow: batchWindow } : {}),
        reportBatchItemFailures: true,
      }),
    );
  }

  /** For the functions' settings. Ids and domains are known to the deployment only. */
  private described(distributions: readonly SiteDistribution[]): Record<keyof Distribution, unknown>[] {
    const flag = (value: boolean | IResolvable) => (typeof value === 'boolean' ? String(value) : value);
    return distributions.map(({ distribution, ...site }) => ({
      id: distribution.distributionId,
      url: site.url ?? `https://${distribution.distributionDomainName}`,
      urls: {
        originPath: site.originPath ?? '',
        extensionless: site.extensionlessUrls ?? false,
        rootObject: site.rootObject ?? 'index.html',
        cachesQueryStrings: flag(site.cachesQueryStrings ?? false),
      },
      honoursNoStore: flag(site.honoursNoStore ?? true),
      errorPages: [...(site.errorPages ?? [])],
    }));
  }
}

/** Not `table.grant`, which would grant the table's indexes as well. */
function allowOn(table: Table, grantee: IGrantable, ...actions: string[]): void {
  Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn] });
}

/** HeadObject needs GetObject, and answers a missing key with 404 only to those who may list. */
function allowReading(reader: ServiceFunction, bucket: IBucket): void {
  const objects = bucket.arnForObjects('*');
  reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [objects] }));
  Validations.of(reader).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${inFindings(reader, objects)}]`,
    reason: 'Any object of the site may have changed; it reads their headers only.',
  });
}
