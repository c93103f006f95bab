import { Duration } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_TRIES } from '../../../shared/webhook/pauses.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { ruleForEnds } from './refresh-events.ts';
import { allowReadingSecret } from './secret-access.ts';
import { ServiceFunction } from './service-function.ts';
import type { WebhookOptions } from './webhook-options.ts';

/** Three times as long as a receiver may take. */
const TIMEOUT = Duration.seconds(30);

export interface WebhookProps extends WebhookOptions {
  readonly logRetention: RetentionDays;
}

/**
 * Posts the end of each refresh to an address, signed. A receiver that fails, is slow or is gone
 * delays no refresh: its messages wait in a queue of their own, and end in its dead-letter queue.
 */
export class Webhook extends Construct {
  readonly queue: Queue;
  /** Webhooks that were given up. */
  readonly deadLetterQueue: Queue;
  readonly send: ServiceFunction;

  /**
   * @param pipeline whose refreshes it tells
   * @internal
   */
  constructor(pipeline: Construct, id: string, props: WebhookProps) {
    super(pipeline, id);
    const { url, secret, field, when = 'always', logRetention } = props;
    const { queue, deadLetterQueue } = new DeadLetteredQueue(this, 'Ends', {
      consumerTimeout: TIMEOUT,
      maxReceives: MAX_TRIES,
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    const description = "Queues the ends of refreshes for the owner's webhook";
    const options = { description, target: new SqsQueue(queue) };
    ruleForEnds(pipeline, 'ForWebhook', options, ...(when === 'failed' ? ['failed' as const] : []));
    this.send = new ServiceFunction(this, 'Send', {
      handler: 'pipeline/send-webhook',
      description: "Signs the ends of refreshes and posts them to the owner's webhook",
      timeout: TIMEOUT,
      logRetention,
      environment: {
        WEBHOOK_URL: url,
        WEBHOOK_QUEUE_URL: queue.queueUrl,
        WEBHOOK_SECRET: secret.secretFullArn ?? secret.secretArn,
        ...(field === undefined ? {} : { WEBHOOK_SECRET_FIELD: field }),
      },
    });
    allowReadingSecret(this.send, secret);
    // It may also change the visibility of messages, which makes the pauses between tries.
    this.send.addEventSource(
      new SqsEventSource(queue, { batchSize: 10, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  }
}
