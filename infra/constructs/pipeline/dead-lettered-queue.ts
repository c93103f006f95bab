import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface DeadLetteredQueueProps {
  /** Time-out of the function that reads the queue. */
  readonly consumerTimeout: Duration;
  /** @default - none */
  readonly batchWindow?: Duration;
  /**
   * How often a message is received before it is set aside.
   * @default 5
   */
  readonly maxReceives?: number;
}

/** A standard queue and its dead-letter queue: encrypted, TLS only. */
export class DeadLetteredQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: DeadLetteredQueueProps) {
    super(scope, id);
    const { consumerTimeout, batchWindow, maxReceives = 5 } = props;
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The longest there is. A dead letter keeps its first timestamp, so its queue must not keep
      // less.
      retentionPeriod: Duration.days(14),
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // AWS's rule: six times the function's time-out, and the batching window on top.
      visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * 6 + (batchWindow?.toSeconds() ?? 0)),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: maxReceives },
    });
  }
}
