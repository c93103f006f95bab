import { Duration, Stack } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface DeadLetteredQueueProps {
  /** The stack's name is put before it, so that two stacks fit into one account. */
  readonly name: string;
  /** Time-out of the function that reads the queue. */
  readonly consumerTimeout: Duration;
  /** @default none */
  readonly batchWindow?: Duration;
}

/** A standard queue with its dead-letter queue: encrypted, TLS only, five receives before a message is set aside. */
export class DeadLetteredQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { name, consumerTimeout, batchWindow }: DeadLetteredQueueProps) {
    super(scope, id);
    const queueName = `${Stack.of(this).stackName}-${name}`;
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The longest there is. A dead letter keeps its first time-stamp, so its queue must not keep less.
      retentionPeriod: Duration.days(14),
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: `${queueName}-dead-letters`,
    });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName,
      // AWS's rule: six times the function's time-out, and the batching window on top.
      visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * 6 + (batchWindow?.toSeconds() ?? 0)),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
  }
}
