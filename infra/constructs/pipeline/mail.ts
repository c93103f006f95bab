import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { MailedReports } from './auto-invalidation-props.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { inFindings } from './nag-findings.ts';
import { ServiceFunction } from './service-function.ts';

const TIMEOUT = Duration.seconds(30);

export interface MailProps extends MailedReports {
  /** The handler that knows every kind of mail put into the queue. @default pipeline/send-mail */
  readonly handler?: string;
}

/** Whoever wants a mail sends a message to `queue`; each is mailed once, except if the function dies between SES's answer and its record. */
export class Mail extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { notifyEmail, ...props }: MailProps) {
    super(scope, id);
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'Queue', {
      name: 'mail',
      consumerTimeout: TIMEOUT,
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    const from = props.mailFrom ?? (notifyEmail.split(',')[0] ?? '').trim();
    if (!props.mailFromExists) new EmailIdentity(this, 'Sender', { identity: Identity.email(from) });
    const send = new ServiceFunction(this, 'Send', {
      handler: props.handler ?? 'pipeline/send-mail',
      description: 'Sends the mails of the mail queue by SES, each once',
      timeout: TIMEOUT,
      environment: { MAIL_FROM: from, NOTIFY_EMAIL: notifyEmail },
    });
    new IdempotencyTable(this, 'Sent').bindTo(send);
    // In the SES sandbox the recipient's identity must be allowed too, hence every identity, but one sender only.
    const identities = Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' });
    send.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources: [identities],
        conditions: { StringEquals: { 'ses:FromAddress': from } },
      }),
    );
    send.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // The fewest there can be: SES takes one mail a second in its sandbox, few more after it.
        maxConcurrency: 2,
      }),
    );
    Validations.of(send).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${inFindings(this, identities)}]`,
      reason:
        'Sandboxed SES checks the recipient identity as well; the condition on ses:FromAddress fixes the sender.',
    });
  }

  /** The function may ask for mails; it finds the queue in `MAIL_QUEUE_URL`. */
  bindTo(asker: ServiceFunction): void {
    asker.addEnvironment('MAIL_QUEUE_URL', this.queue.queueUrl);
    asker.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
  }
}
