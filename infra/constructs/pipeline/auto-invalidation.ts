import { Duration } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { KeyFilter } from '../../../shared/refresh/key-filter.ts';
import type { AutoInvalidationProps, Notify } from './auto-invalidation-props.ts';
import { ownBucket, sendEvents } from './bucket-events.ts';
import { checkProps } from './check-props.ts';
import { DEFAULTS, withDefaults } from './complete-options.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { Mail } from './mail.ts';
import { ruleForEnds } from './refresh-events.ts';
import { ownMetric } from './refresh-metrics.ts';
import { RefreshStateMachine } from './refresh-state-machine.ts';
import { createInvalidate, createReport, createVerify, type Pipeline } from './refresh-steps.ts';
import { RefreshTable } from './refresh-table.ts';
import { ServiceFunction } from './service-function.ts';
import { idsOf, SiteDescriptions } from './site-descriptions.ts';
import { Webhook } from './webhook.ts';

const COLLECT_TIMEOUT = Duration.seconds(30);

/**
 * Makes every distribution that shows a bucket fresh when something in the bucket changes.
 *
 *     new AutoInvalidation(this, 'Freshness', {
 *       bucket,
 *       distributions: [{ distribution }],
 *       notify: { emails: ['owner@example.com'] },
 *     });
 *
 * A stack may have several.
 */
export class AutoInvalidation extends Construct {
  /** Takes the bucket's events, and requests by hand: see `grantRequestRefresh`. */
  readonly queue: Queue;
  /** Messages that nobody could read, or whose collection failed five times. */
  readonly deadLetterQueue: Queue;
  /** Refreshes in progress and 90 days of history. */
  readonly table: Table;
  /** One execution is one refresh of one distribution. */
  readonly stateMachine: StateMachine;
  /** How each distribution shows the bucket. */
  readonly descriptions: SiteDescriptions;
  /** Its own, unless it was given one. */
  readonly mail: Mail;
  /** Puts changes into the open refresh. */
  readonly collect: ServiceFunction;
  /** Plans a refresh's paths and asks CloudFront for its invalidation. */
  readonly invalidate: ServiceFunction;
  /** Asks the edge whether it serves what the bucket holds. */
  readonly verify: ServiceFunction;
  /** Ends a refresh: history, metrics, mail, event. */
  readonly report: ServiceFunction;
  /** Posts the ends of refreshes, if an address was given. */
  readonly webhook?: Webhook;
  private readonly pipeline: Pipeline;

  constructor(scope: Construct, id: string, props: AutoInvalidationProps) {
    super(scope, id);
    checkProps(this, props);
    const { bucket, distributions, notify } = props;
    const options = withDefaults(props);
    const { keyPrefixes, batchWindow } = options;
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'SiteChanges', {
      consumerTimeout: COLLECT_TIMEOUT,
      batchWindow,
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    const table = new RefreshTable(this, 'Refreshes', options);
    this.table = table;
    const isForeign = ownBucket(this, bucket) === undefined;
    this.descriptions = new SiteDescriptions(this, 'Site', {
      ...options,
      ...{ bucket, isForeign, distributions, table, queue },
    });
    sendEvents(this, { bucket, queue, deadLetterQueue, keyPrefixes, events: options.events });
    this.mail = notify.mail ?? this.createMail(notify, options);
    this.pipeline = {
      ...options,
      bucket,
      distributions,
      table,
      mail: this.mail,
      mailWhen: notify.when ?? 'always',
    };
    this.invalidate = createInvalidate(this, this.pipeline);
    this.verify = createVerify(this, this.pipeline);
    this.report = createReport(this, this.pipeline);
    this.stateMachine = this.createStateMachine();
    this.collect = this.createCollect();
    // They read the descriptions.
    for (const reader of [this.collect, this.invalidate, this.verify])
      reader.node.addDependency(this.descriptions);
    const { webhook } = props;
    if (webhook !== undefined)
      this.webhook = new Webhook(this, 'Webhook', { ...webhook, logRetention: options.logRetention });
  }

  /** A rule for every end of a refresh: README.md describes the event. */
  onEnded(id: string, options: OnEventOptions): Rule {
    return ruleForEnds(this, id, options);
  }

  /** A rule for refreshes that ended with a fresh edge. */
  onFresh(id: string, options: OnEventOptions): Rule {
    return ruleForEnds(this, id, options, 'fresh');
  }

  /** A rule for refreshes that failed. */
  onFailed(id: string, options: OnEventOptions): Rule {
    return ruleForEnds(this, id, options, 'failed');
  }

  /**
   * Allows to ask for a refresh by hand: to send `{"paths": ["/docs/*"]}`, or cache tags such as
   * `{"tags": ["product:1"]}`, to `queue`.
   */
  grantRequestRefresh(grantee: IGrantable): Grant {
    return this.queue.grantSendMessages(grantee);
  }

  /** Allows to read refreshes and their history from `table`, and to list them. */
  grantReadHistory(grantee: IGrantable): Grant {
    const { table } = this.pipeline;
    return table.allow(grantee, 'dynamodb:GetItem', 'dynamodb:Query').combine(table.allowListing(grantee));
  }

  /**
   * Milliseconds from a refresh's first upload to a fresh edge. By default the median of five
   * minutes.
   */
  metricFreshnessTime(options: MetricOptions = {}): Metric {
    return ownMetric(this, 'TimeToFresh', { statistic: Stats.p(50), ...options });
  }

  /** Refreshes that ended with a fresh edge. */
  metricFresh(options?: MetricOptions): Metric {
    return ownMetric(this, 'RefreshesFresh', options);
  }

  /**
   * Refreshes whose edge could not be asked, or was not meant to be. They are among neither the
   * fresh nor the failed ones, and no alarm counts them.
   */
  metricUnasked(options?: MetricOptions): Metric {
    return ownMetric(this, 'RefreshesUnasked', options);
  }

  /** Refreshes that failed: viewers may get old content. */
  metricFailed(options?: MetricOptions): Metric {
    return ownMetric(this, 'RefreshesFailed', options);
  }

  /** Changes that were put into a refresh, once for each distribution that shows them. */
  metricChangesCollected(options?: MetricOptions): Metric {
    return ownMetric(this, 'ChangesCollected', options);
  }

  /**
   * 1 while the pipeline is paused, else 0, as `watch-distributions` sees it. By default the
   * highest of 15 minutes.
   */
  metricPaused(options: MetricOptions = {}): Metric {
    const defaults = { statistic: Stats.MAXIMUM, period: DEFAULTS.watchInterval };
    return ownMetric(this.descriptions, 'Paused', { ...defaults, ...options });
  }

  /** Changes that are held because the pipeline is paused: `npm run pause`. */
  metricChangesHeld(options?: MetricOptions): Metric {
    return ownMetric(this, 'ChangesHeld', options);
  }

  /** Uploaded files that needed no invalidation: unchanged, never cached, or uploaded twice. */
  metricFilesSkipped(options?: MetricOptions): Metric {
    return ownMetric(this, 'FilesSkipped', options);
  }

  /** Invalidation paths, which AWS charges for beyond the month's free ones. */
  metricPathsInvalidated(options?: MetricOptions): Metric {
    return ownMetric(this, 'PathsInvalidated', options);
  }

  /** URLs that the edge was asked for and served fresh. */
  metricUrlsVerified(options?: MetricOptions): Metric {
    return ownMetric(this, 'UrlsVerified', options);
  }

  /** Invalidations that CloudFront refused because too many were in progress. */
  metricQuotaRefusals(options?: MetricOptions): Metric {
    return ownMetric(this, 'QuotaRefusals', options);
  }

  /**
   * Lets a function answer requests about a distribution's refreshes, and take some by hand as the
   * collector does. It finds everything in its environment.
   *
   * @throws Error unless this pipeline refreshes the distribution
   * @internal
   */
  bindRefreshes(user: ServiceFunction, shown: IDistribution): void {
    const { distributions, table, pathPriceUsd, freePathsPerMonth, maxPathsPerMonth } = this.pipeline;
    const bound = distributions.find(({ distribution }) => distribution === shown);
    if (bound === undefined) throw new Error(`${this.node.path} does not refresh ${shown.node.path}`);
    const environment = {
      DISTRIBUTION_ID: bound.distribution.distributionId,
      REFRESH_TABLE: table.tableName,
      REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
      PATH_PRICE_USD: String(pathPriceUsd),
      FREE_PATHS_PER_MONTH: String(freePathsPerMonth),
      ...(maxPathsPerMonth === undefined ? {} : { MAX_PATHS_PER_MONTH: String(maxPathsPerMonth) }),
    };
    for (const [name, value] of Object.entries(environment)) user.addEnvironment(name, value);
    this.allowCollecting(user);
    table.allowListing(user);
    shown.grant(user, 'cloudfront:GetInvalidation');
  }

  private createMail(
    { emails = [], from, region }: Notify,
    { logRetention }: { readonly logRetention: Pipeline['logRetention'] },
  ): Mail {
    return new Mail(this, 'Mail', {
      emails,
      logRetention,
      ...(from === undefined ? {} : { from }),
      ...(region === undefined ? {} : { region }),
    });
  }

  private createStateMachine(): StateMachine {
    const { invalidate, verify, report } = this;
    const machine = new RefreshStateMachine(this, 'StateMachine', {
      ...this.pipeline,
      invalidate,
      verify,
      report,
    });
    machine.reportStopped(this, report);
    return machine;
  }

  private createCollect(): ServiceFunction {
    const {
      bucket,
      distributions,
      table,
      keyPrefixes,
      excludedKeys,
      batchSize,
      batchWindow,
      maxCollectors,
      memorySize,
      logRetention,
    } = this.pipeline;
    const keys: KeyFilter = { prefixes: [...keyPrefixes], excluded: [...excludedKeys] };
    const collect = new ServiceFunction(this, 'Collect', {
      handler: 'pipeline/collect-changes',
      description: 'Puts S3 events and manual requests into the open refresh',
      timeout: COLLECT_TIMEOUT,
      memorySize,
      logRetention,
      environment: {
        SITE_BUCKET: bucket.bucketName,
        SITE_KEYS: JSON.stringify(keys),
        DISTRIBUTION_IDS: idsOf(distributions),
        REFRESH_TABLE: table.tableName,
        REFRESH_STATE_MACHINE_ARN: this.stateMachine.stateMachineArn,
      },
    });
    this.allowCollecting(collect);
    collect.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize,
        ...(batchWindow.toSeconds() > 0 ? { maxBatchingWindow: batchWindow } : {}),
        maxConcurrency: maxCollectors,
        reportBatchItemFailures: true,
      }),
    );
    return collect;
  }

  private allowCollecting(collector: ServiceFunction): void {
    this.pipeline.table.allowCollecting(collector);
    this.stateMachine.grantStartExecution(collector);
  }
}
