import { operationOf } from '../../kernel/action-names.ts';
import { fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import type { AwsService } from '../../kernel/aws-api.ts';
import type { SqsStore } from '../fauxqs/fauxqs.ts';
import { withAskedAttributes } from './asked-attributes.ts';
import { withSqsErrors } from './error-codes.ts';
import { answeringQueries } from './query-protocol.ts';
import { withReceiptHandles } from './receipt-handles.ts';

/** A queue of the template. */
export interface QueueDefinition {
  readonly name: string;
  readonly url: string;
  /** As the API of SQS takes them: every value is a string. */
  readonly attributes: Record<string, string>;
}

/** Figures of a queue for CloudWatch. */
export interface QueueFigures {
  readonly visible: number;
  readonly notVisible: number;
  /**
   * When the message whose age SQS reports was sent, in milliseconds since the epoch. Messages
   * received three times or more are skipped (SQS developer guide, "Available CloudWatch metrics").
   * Undefined if there is none.
   */
  readonly oldestSentAt: number | undefined;
}

const RECEIVES_OF_A_POISON_PILL = 3;

/** Creates a queue, or brings the attributes of a kept one up to date. */
export function ensureQueue(store: SqsStore, { name, url, attributes }: QueueDefinition): void {
  const kept = store.getQueueByName(name);
  if (kept === undefined) {
    store.createQueue(name, url, arnOf('sqs', name), attributes);
    return;
  }
  kept.setAttributes(attributes);
  // The port may have changed since.
  Object.assign(kept, { url });
  // Their receivers ended with the last process: do not wait for their visibility time-outs.
  for (const receipt of [...kept.inflightMessages.keys()]) kept.changeVisibility(receipt, 0);
}

/** SQS by fauxqs, in both of its protocols. */
export function createSqs(fauxqs: AwsService, store: SqsStore): AwsService {
  const mended = withReceiptHandles(withAskedAttributes(withCurrentFigures(fauxqs, store)));
  return answeringQueries(withSqsErrors(mended));
}

/** fauxqs looks at visibility time-outs only when messages are received; figures are of now. */
function withCurrentFigures(sqs: AwsService, store: SqsStore): AwsService {
  return request => {
    const { QueueUrl } = fieldsOf<{ QueueUrl: unknown }>(request.body);
    if (operationOf(request) === 'GetQueueAttributes' && typeof QueueUrl === 'string')
      store.getQueueByName(QueueUrl.split('/').at(-1) ?? '')?.processTimers();
    return sqs(request);
  };
}

export function measureQueueIn(store: SqsStore, name: string): QueueFigures {
  const queue = store.getQueueByName(name);
  // Makes messages visible whose visibility time-out has passed since the last look.
  queue?.processTimers();
  const { ready = [], inflight = [] } = queue?.inspectMessages() ?? {};
  const sentAt = [...ready, ...inflight.map(({ message }) => message)]
    .filter(({ approximateReceiveCount }) => approximateReceiveCount < RECEIVES_OF_A_POISON_PILL)
    .map(({ sentTimestamp }) => sentTimestamp);
  return {
    visible: ready.length,
    notVisible: inflight.length,
    oldestSentAt: sentAt.length === 0 ? undefined : Math.min(...sentAt),
  };
}
