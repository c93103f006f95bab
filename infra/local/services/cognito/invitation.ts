import { AwsError, type AwsService, authorizationOf } from '../../kernel/aws-api.ts';
import { escaped } from './html.ts';
import type { Pool } from './pools.ts';

/** Cognito's own sender: developer guide, "Email settings for user pools". */
const DEFAULT_SENDER = 'no-reply@verificationemail.com';

/** Of the API reference, MessageTemplateType; the words are those of Cognito's default. */
const SUBJECT = 'Your temporary password';
const MESSAGE = 'Your username is {username} and temporary password is {####}.';

/**
 * Mails a new user the temporary password, through SES.
 *
 * @param verifySender makes an address known to SES: Cognito's own needs no identity of the account
 * @throws AwsError CodeDeliveryFailureException if SES refuses the mail
 */
export async function sendInvitation(
  { sender, invitation }: Pool,
  { to, username, password }: { readonly to: string; readonly username: string; readonly password: string },
  { callAws, verifySender }: { readonly callAws: AwsService; readonly verifySender: (name: string) => void },
): Promise<void> {
  if (sender === undefined) verifySender(DEFAULT_SENDER);
  const filled = (invitation.message ?? MESSAGE)
    .replaceAll('{username}', () => escaped(username))
    .replaceAll('{####}', () => escaped(password));
  const input = {
    FromEmailAddress: sender ?? DEFAULT_SENDER,
    Destination: { ToAddresses: [to] },
    Content: {
      Simple: {
        Subject: { Data: invitation.subject ?? SUBJECT },
        Body: { Html: { Data: filled } },
      },
    },
  };
  const caller = 'cognito-idp.amazonaws.com';
  const { status } = await callAws({
    service: 'ses',
    caller,
    method: 'POST',
    url: '/v2/email/outbound-emails',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      authorization: authorizationOf(caller, 'ses'),
    },
    body: Buffer.from(JSON.stringify(input)),
  });
  if (status >= 400) throw new AwsError('CodeDeliveryFailureException', 'Unable to deliver message');
}
