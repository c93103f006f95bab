import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetEmailIdentityCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import type { Stack } from '../../../aws/stack.ts';
import { ask, askUnless } from '../asking.ts';
import type { MailAccount, MailIdentity } from '../mail.ts';
import type { Mails } from '../ports.ts';

const NOT_FOUND = ['NotFoundException'];

/** @param client for the region of the mails */
export function createMails(client: Stack['client']): Mails {
  // SES takes one call a second of some kinds, and the SDK waits longer with each attempt.
  const ses = new SESv2Client({ ...client, maxAttempts: 6 });
  const known = new Map<string, Promise<MailIdentity | undefined>>();

  async function look(EmailIdentity: string): Promise<MailIdentity | undefined> {
    const found = await askUnless('ses:GetEmailIdentity', NOT_FOUND, undefined, () =>
      ses.send(new GetEmailIdentityCommand({ EmailIdentity })),
    );
    if (found === undefined) return undefined;
    const { DkimAttributes: dkim, ConfigurationSetName: configurationSet, Tags = [] } = found;
    return {
      isVerified: found.VerifiedForSendingStatus ?? false,
      tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      isSigning: dkim?.SigningEnabled === true && dkim.Status === 'SUCCESS',
      ...(configurationSet === undefined ? {} : { configurationSet }),
    };
  }

  async function readAccount(): Promise<MailAccount> {
    const found = await ask('ses:GetAccount', () => ses.send(new GetAccountCommand({})));
    return {
      isInSandbox: found.ProductionAccessEnabled !== true,
      maySend: found.SendingEnabled ?? false,
      enforcement: found.EnforcementStatus ?? '',
      quota: found.SendQuota?.Max24HourSend ?? 0,
      sentInLastDay: found.SendQuota?.SentLast24Hours ?? 0,
    };
  }
  let account: Promise<MailAccount> | undefined;

  return {
    account: () => (account ??= readAccount()),

    find(name) {
      const found = known.get(name) ?? look(name);
      known.set(name, found);
      return found;
    },

    async configurationSet(ConfigurationSetName) {
      const found = await askUnless('ses:GetConfigurationSet', NOT_FOUND, undefined, () =>
        ses.send(new GetConfigurationSetCommand({ ConfigurationSetName })),
      );
      if (found === undefined) return 'missing';
      return found.SendingOptions?.SendingEnabled === false ? 'paused' : 'sends';
    },
  };
}
