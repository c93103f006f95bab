import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { ServiceFunction } from './service-function.ts';

const TIMEOUT = Duration.seconds(30);

export interface MailProps {
  /** Sender of every mail. */
  readonly from: string;
  /** Who gets the reports about the site, with commas between them. */
  readonly reportsTo: string;
}

/** Whoever wants a mail sends a message to `queue`; each is mailed once, except if the function dies between SES's answer and its record. */
export class Mail extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { from, reportsTo }: MailProps) {
    super(scope, id);
    const { queue } = new DeadLetteredQueue(this, 'Queue', {
      name: 'mail',
      consumerTimeout: TIMEOUT,
    });
    this.queue = queue;
    new EmailIdentity(this, 'Sender', { identity: Identity.email(from) });
    const sent = new Table(this, 'Sent', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(sent).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'It remembers for two weeks which mails were sent; restoring an old state would send some again.',
    });
    const send = new ServiceFunction(this, 'Send', {
      handler: 'send-mail',
      description: 'Sends the mails of the mail queue by SES, each once',
      timeout: TIMEOUT,
      environment: { MAIL_FROM: from, NOTIFY_EMAIL: reportsTo, IDEMPOTENCY_TABLE: sent.tableName },
    });
    sent.grant(send, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    // In the SES sandbox the recipient's identity must be allowed too, hence every identity, but one sender only.
    send.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources: [Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' })],
        conditions: { StringEquals: { 'ses:FromAddress': from } },
      }),
    );
    send.addEventSource(new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }));
    Validations.of(send).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::arn:aws:ses:us-east-1:<AWS::AccountId>:identity/*]',
      reason:
        'Sandboxed SES checks the recipient identity as well; the condition on ses:FromAddress fixes the sender.',
    });
  }
}
