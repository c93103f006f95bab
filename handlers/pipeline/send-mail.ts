import { createMailer } from '../../shared/aws/ses.ts';
import { readSettings } from '../../shared/config.ts';
import { alarmMail } from '../../shared/mail/alarm-mail.ts';
import { createMailHandler, MAIL_SETTINGS, type MailDependencies } from '../../shared/mail/mail-handler.ts';
import { deployMail } from '../../shared/refresh/deploy-mail.ts';
import { refreshMail } from '../../shared/refresh/refresh-mail.ts';

/** Messages of the mail queue → SES: the mails of the pipeline alone. */
export function createHandler(dependencies: MailDependencies) {
  return createMailHandler([refreshMail, deployMail, alarmMail], dependencies);
}

const settings = readSettings(MAIL_SETTINGS);

export const handler = createHandler({
  mailer: createMailer(settings.MAIL_FROM, settings.MAIL_REGION),
  reportsTo: settings.NOTIFY_EMAIL,
  stack: { name: settings.POWERTOOLS_SERVICE_NAME, region: settings.AWS_REGION },
  idempotencyTable: settings.IDEMPOTENCY_TABLE,
});
