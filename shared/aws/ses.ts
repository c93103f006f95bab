import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mailer } from '../mail/mail-handler.ts';

/** @param region whose SES sends */
export function createMailer(from: string, region: string, client = new SESv2Client({ region })): Mailer {
  return {
    async send(to, { subject, text, html }) {
      const { MessageId = '' } = await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [...to] },
          Content: {
            Simple: {
              Subject: { Data: subject, Charset: 'UTF-8' },
              Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
            },
          },
        }),
      );
      return MessageId;
    },
  };
}
