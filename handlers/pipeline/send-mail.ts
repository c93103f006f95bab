import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createMailer, type Mailer } from '../../shared/aws/ses.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { InvalidMessageError } from '../../shared/errors.ts';
import { QueuedMail } from '../../shared/mail/queued-mail.ts';
import { type MailingStack, renderMail } from '../../shared/mail/render.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';

interface Dependencies {
  readonly mailer: Mailer;
  /** Who gets the reports about the site and its backups, and the alarms. */
  readonly reportsTo: readonly string[];
  readonly stack: MailingStack;
  readonly idempotencyTable: string;
}

/** A queue keeps a message for 14 days at most, so no repetition comes later. */
const REMEMBERED_SECONDS = 14 * 86_400;

/** Messages of the mail queue → SES, each mail once per id. Failed messages alone are tried again. */
export function createHandler({ mailer, reportsTo, stack, idempotencyTable }: Dependencies) {
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'id',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: REMEMBERED_SECONDS,
  });
  const sendOnce = makeIdempotent(
    async (message: QueuedMail) => ({
      messageId: await mailer.send(recipientsOf(message, reportsTo), renderMail(message, stack)),
    }),
    {
      config,
      keyPrefix: 'mail',
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: idempotencyTable }),
    },
  );

  const deliver = async (body: string) => {
    const message = parse(body);
    const { messageId } = await sendOnce(message);
    logger.info('Mailed', { id: message.id, type: message.type, messageId });
    metrics.addMetric('MailsSent', MetricUnit.Count, 1);
  };

  return observed(async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    // Without it a crashed invocation would lock its mails for as long as they are remembered.
    config.registerLambdaContext(context);
    const results = await Promise.allSettled(event.Records.map(({ body }) => deliver(body)));
    const batchItemFailures = event.Records.flatMap(({ messageId }, index) => {
      const result = results[index];
      if (result?.status !== 'rejected') return [];
      // The name alone: SES puts addresses into its messages.
      const error = result.reason instanceof Error ? result.reason.name : 'unknown';
      logger.error('Not mailed', { messageId, error });
      return [{ itemIdentifier: messageId }];
    });
    return { batchItemFailures };
  });
}

function recipientsOf(message: QueuedMail, reportsTo: readonly string[]): readonly string[] {
  return message.type === 'student-confirmation' ? [message.to] : reportsTo;
}

function parse(body: string): QueuedMail {
  try {
    return QueuedMail.parse(JSON.parse(body));
  } catch (cause) {
    throw new InvalidMessageError('Not a message of the mail queue', { cause });
  }
}

const settings = readSettings({
  MAIL_FROM: setting.text,
  NOTIFY_EMAIL: setting.list,
  IDEMPOTENCY_TABLE: setting.text,
  POWERTOOLS_SERVICE_NAME: setting.text,
  AWS_REGION: setting.text,
});

export const handler = createHandler({
  mailer: createMailer(settings.MAIL_FROM),
  reportsTo: settings.NOTIFY_EMAIL,
  stack: { name: settings.POWERTOOLS_SERVICE_NAME, region: settings.AWS_REGION },
  idempotencyTable: settings.IDEMPOTENCY_TABLE,
});
