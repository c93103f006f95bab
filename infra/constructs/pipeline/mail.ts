import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { inFindings } from './nag-findings.ts';
import { checkAddresses } from './prop-problems.ts';
import { ownMetric } from './refresh-metrics.ts';
import { ServiceFunction } from './service-function.ts';

const TIMEOUT = Duration.seconds(30);

export interface MailProps {
  /** Addresses that get the reports and the alarms, 1 to 50. */
  readonly emails: readonly string[];
  /**
   * Sender of every mail. SES sends a link to it, which must be followed once.
   * @default - the first of `emails`
   */
  readonly from?: string;
  /**
   * Whether SES knows the sender already, so that the stack must not add it.
   * @default false
   */
  readonly senderExists?: boolean;
  /**
   * The function that writes and sends the mails: its path in `handlers/` without its extension.
   * @default 'pipeline/send-mail'
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

  constructor(scope: Construct, id: string, props: MailProps) {
    super(scope, id);
    checkAddresses(this, 'emails', props.emails);
    this.emails = props.emails;
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'Queue', { consumerTimeout: TIMEOUT });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    const [first = ''] = props.emails;
    const from = props.from ?? first;
    if (!props.senderExists) this.addSender(from);
    this.send = new ServiceFunction(this, 'Send', {
      handler: props.handler ?? 'pipeline/send-mail',
      description: 'Sends the mails of the mail queue by SES, each once',
      timeout: TIMEOUT,
      // Its mails show commands, which need the stack's name.
      service: Stack.of(this).stackName,
      environment: { MAIL_FROM: from, NOTIFY_EMAIL: props.emails.join(',') },
      ...(props.logRetention === undefined ? {} : { logRetention: props.logRetention }),
    });
    new IdempotencyTable(this, 'Sent').bindTo(this.send);
    this.allowSending(from);
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

  /** Lets a function ask for mails. It finds the queue in `MAIL_QUEUE_URL`. */
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
   * Part of the stack, not of this construct: SES knows an address once, and several pipelines may
   * have the same sender.
   */
  private addSender(address: string): void {
    const stack = Stack.of(this);
    const id = `Sender ${address}`;
    if (stack.node.tryFindChild(id) === undefined)
      new EmailIdentity(stack, id, { identity: Identity.email(address) });
  }

  /**
   * From one sender only, but to every identity: in its sandbox SES checks the permission for the
   * recipient's as well.
   */
  private allowSending(from: string): void {
    const identities = Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' });
    this.send.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources: [identities],
        conditions: { StringEquals: { 'ses:FromAddress': from } },
      }),
    );
    Validations.of(this.send).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${inFindings(this, identities)}]`,
      reason:
        'In its sandbox SES checks the recipient identity as well. The condition on ses:FromAddress fixes the sender.',
    });
  }
}
