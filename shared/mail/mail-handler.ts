import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { setting } from '../config.ts';
import { InvalidMessageError } from '../errors.ts';
import { logger, metrics, observed } from '../observability.ts';
import { parsed } from '../parsed.ts';
import { SqsBatch, type SqsBatchAnswer } from '../sqs-batch.ts';
import type { Mail, MailingStack, MailKind, RenderedMail } from './mail.ts';

/** Sends a mail; resolves to the id of the message. Accepted is not delivered. */
export interface Mailer {
  send(to: readonly string[], mail: RenderedMail): Promise<string>;
}

export interface MailDependencies {
  readonly mailer: Mailer;
  /** Who gets the mails that name no recipient. */
  readonly reportsTo: readonly string[];
  readonly stack: MailingStack;
  readonly idempotencyTable: string;
}

/** The settings of every function that sends mails. */
export const MAIL_SETTINGS = {
  MAIL_FROM: setting.text,
  /** Region whose SES sends, which may be another one than the function's. */
  MAIL_REGION: setting.text,
  NOTIFY_EMAIL: setting.list,
  IDEMPOTENCY_TABLE: setting.text,
  POWERTOOLS_SERVICE_NAME: setting.text,
  AWS_REGION: setting.text,
};

/** A queue keeps a message for at most 14 days, so no repetition comes later. */
const REMEMBERED_SECONDS = 14 * 86_400;

/**
 * The Lambda behind a mail queue: sends each mail once per id. Only messages that failed are handed
 * back, to be tried again.
 *
 * @param kinds the mails that it sends; any other message is refused
 */
export function createMailHandler(
  kinds: readonly MailKind[],
  { mailer, reportsTo, stack, idempotencyTable }: MailDependencies,
) {
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'id',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: REMEMBERED_SECONDS,
  });
  const sendOnce = makeIdempotent(
    async (mail: Mail) => {
      const to = mail.to === undefined ? reportsTo : [mail.to];
      return { messageId: await mailer.send(to, mail.render(stack)) };
    },
    {
      config,
      keyPrefix: 'mail',
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: idempotencyTable }),
    },
  );

  const deliver = async (body: string) => {
    const mail = readMail(body, kinds);
    const { messageId } = await sendOnce(mail);
    logger.info('Mailed', { id: mail.id, type: mail.type, messageId });
    metrics.addMetric('MailsSent', MetricUnit.Count, 1);
  };

  return observed(async (event: unknown, context: Context): Promise<SqsBatchAnswer> => {
    const { Records } = parsed(SqsBatch, event, 'The batch of mails');
    // Without it a crashed invocation would lock its mails for as long as they are remembered.
    config.registerLambdaContext(context);
    const results = await Promise.allSettled(Records.map(({ body }) => deliver(body)));
    const batchItemFailures = Records.flatMap(({ messageId }, index) => {
      const result = results[index];
      if (result?.status !== 'rejected') return [];
      // Only the name: SES puts addresses into its messages.
      const error = result.reason instanceof Error ? result.reason.name : 'unknown';
      logger.error('Not mailed', { messageId, error });
      return [{ itemIdentifier: messageId }];
    });
    return { batchItemFailures };
  });
}

function readMail(body: string, kinds: readonly MailKind[]): Mail {
  const message = parseJson(body);
  for (const kind of kinds) {
    const mail = kind(message);
    if (mail !== undefined) return mail;
  }
  throw new InvalidMessageError('Not a message of the mail queue');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new InvalidMessageError('The message is not JSON', { cause });
  }
}
