import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { createSenderIdentities } from '../../shared/aws/sender-identities.ts';
import { mailSender } from '../../shared/deployment/mail-sender.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

/** Custom resource: a sender that SES knows. */
export const handler = resourceHandler(mailSender(createSenderIdentities), sendAnswer);
