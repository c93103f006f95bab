import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod/mini';
import { createSecretValues } from '../../shared/aws/secret-values.ts';
import { createWebhookQueue, type WebhookQueue } from '../../shared/aws/webhook-queue.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import type { SqsBatchAnswer } from '../../shared/sqs-batch.ts';
import { type DeliveryDependencies, deliver, pauseAfter } from '../../shared/webhook/deliver.ts';
import { createReceiver } from '../../shared/webhook/receiver.ts';

const Batch = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: setting.count }),
    }),
  ),
});
type Message = z.infer<typeof Batch>['Records'][number];

export interface Dependencies extends DeliveryDependencies {
  readonly queue: WebhookQueue;
}

/** Messages of the webhook queue → the owner's endpoint. What it refuses comes again later. */
export function createHandler(dependencies: Dependencies) {
  return observed(async (event: unknown): Promise<SqsBatchAnswer> => {
    const { Records } = parsed(Batch, event, 'The batch of webhooks');
    const wasSent = await Promise.all(Records.map(message => send(message, dependencies)));
    const failed = Records.filter((_, index) => !wasSent[index]);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}

/** @returns false if it is to be tried again */
async function send(message: Message, dependencies: Dependencies): Promise<boolean> {
  const { messageId, body } = message;
  try {
    const id = await deliver(body, dependencies);
    logger.info('Sent', { id });
    metrics.addMetric('WebhooksSent', MetricUnit.Count, 1);
    return true;
  } catch (error) {
    logger.error('Not sent', { messageId, tries: triesOf(message), error: errorOf(error) });
    await pauseBeforeNext(message, dependencies);
    return false;
  }
}

const triesOf = ({ attributes }: Message) => attributes.ApproximateReceiveCount;

/** If it fails, the message comes again after the queue's own visibility time-out. */
async function pauseBeforeNext(message: Message, { queue }: Dependencies): Promise<void> {
  const pause = pauseAfter(triesOf(message));
  if (pause === undefined) return;
  try {
    await queue.hide(message.receiptHandle, pause);
  } catch (error) {
    logger.warn('Comes again after the usual time', {
      messageId: message.messageId,
      error: errorOf(error),
    });
  }
}

const errorOf = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

const settings = readSettings({
  WEBHOOK_URL: setting.url,
  WEBHOOK_QUEUE_URL: setting.url,
  WEBHOOK_SECRET: setting.text,
  WEBHOOK_SECRET_FIELD: z.optional(setting.text),
});

const secrets = createSecretValues({ prop: 'webhook' });
const { WEBHOOK_SECRET: secret, WEBHOOK_SECRET_FIELD: field } = settings;

export const handler = createHandler({
  receiver: createReceiver(settings.WEBHOOK_URL),
  secret: () => secrets.valueOf({ secret, ...(field === undefined ? {} : { field }) }),
  queue: createWebhookQueue(settings.WEBHOOK_QUEUE_URL),
  now: () => new Date(),
});
