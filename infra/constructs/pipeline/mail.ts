import { Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { MailSenders } from './mail-senders.ts';
import { inFindings } from './nag-findings.ts';
import { checkAddresses } from './prop-problems.ts';
import { ownMetric } from './refresh-metrics.ts';
import { ServiceFunction } from './service-function.ts';
import { REGIONS_WITHOUT_SES } from './ses-regions.ts';

const TIMEOUT = Duration.seconds(30);

export interface MailProps {
  /** Addresses that get the reports and the alarms, 1 to 50. */
  readonly emails: readonly string[];
  /**
   * Sender of every mail: best an address of a domain that SES has verified. SES sends a link to
   * any other, which must be followed once.
   * @default - the first of `emails`
   */
  readonly from?: string;
  /**
   * Region whose SES sends the mails, and knows the sender. Some regions have no SES.
   * @default - the stack's
   */
  readonly region?: string;
  /**
   * The function that writes and sends the mails: its path in `handlers/` without its extension.
   * @default 'pipeline/send-mail'
   * @internal
   */
  readonly handler?: string;
  /**
   * How long the function's logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
}

/**
 * Mails every message that is put into `queue`, once: twice only if the function dies between SES's
 * answer and its record of it.
 */
export class Mail extends Construct {
  readonly queue: Queue;
  /** Mails that were given up after five tries. */
  readonly deadLetterQueue: Queue;
  readonly send: ServiceFunction;
  /** Who gets the reports and the alarms. */
  readonly emails: readonly string[];
  /** Sender of every mail. */
  readonly from: string;
  /** Region whose SES sends them. */
  readonly region: string;
  /** Whether SES sent from the sender when it was deployed, and if not, what to do: a sentence. */
  readonly senderState: string;

  constructor(scope: Construct, id: string, props: MailProps) {
    super(scope, id);
    checkAddresses(this, 'emails', props.emails);
    this.emails = props.emails;
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'Queue', { consumerTimeout: TIMEOUT });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    const [first = ''] = props.emails;
    this.from = props.from ?? first;
    const stack = Stack.of(this);
    this.region = props.region ?? stack.region;
    requireSes(this, this.region);
    this.senderState = MailSenders.of(stack, props.logRetention)
      .add(this.from, this.region)
      .getAttString('State');
    this.send = new ServiceFunction(this, 'Send', {
      handler: props.handler ?? 'pipeline/send-mail',
      description: 'Sends the mails of the mail queue by SES, each once',
      timeout: TIMEOUT,
      // Its mails show commands, which need the stack's name.
      service: stack.stackName,
      environment: {
        MAIL_FROM: this.from,
        MAIL_REGION: this.region,
        NOTIFY_EMAIL: props.emails.join(','),
      },
      ...(props.logRetention === undefined ? {} : { logRetention: props.logRetention }),
    });
    new IdempotencyTable(this, 'Sent').bindTo(this.send);
    this.allowSending();
    this.send.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // The lowest limit there is: SES takes one mail a second in its sandbox, and few more
        // outside.
        maxConcurrency: 2,
      }),
    );
  }

  /**
   * Lets a function ask for mails. It finds the queue in `MAIL_QUEUE_URL`.
   *
   * @internal
   */
  bindTo(asker: ServiceFunction): void {
    asker.addEnvironment('MAIL_QUEUE_URL', this.queue.queueUrl);
    asker.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
  }

  /** Mails that SES took, of all `Mail`s of the stack together. */
  metricSent(options?: MetricOptions): Metric {
    return ownMetric(Stack.of(this), 'MailsSent', options);
  }

  /**
   * From one sender only, but to every identity: in its sandbox SES checks the permission for the
   * recipient's as well. Also with every configuration set, since the sender's identity may have
   * one by default (aws/aws-cdk#34402).
   */
  private allowSending(): void {
    const arnOf = (resource: string) =>
      Stack.of(this).formatArn({ service: 'ses', region: this.region, resource, resourceName: '*' });
    const resources = [arnOf('identity'), arnOf('configuration-set')];
    this.send.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources,
        conditions: { StringEquals: { 'ses:FromAddress': this.from } },
      }),
    );
    for (const resource of resources) {
      Validations.of(this.send).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${inFindings(this, resource)}]`,
        reason:
          "SES also checks the recipient's identity, in its sandbox, and the sender's configuration set. The condition on ses:FromAddress fixes the sender.",
      });
    }
  }
}

/** @throws Error if SES is known to be missing in the region */
function requireSes(mail: Mail, region: string): void {
  if (Token.isUnresolved(region) || !REGIONS_WITHOUT_SES.has(region)) return;
  throw new Error(
    `${mail.node.path}: ${region} has no SES. Choose a region that has it for the mails: notify.region of AutoInvalidation, region of Mail, or -c mailRegion=eu-west-1`,
  );
}
