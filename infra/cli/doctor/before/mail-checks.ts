import { domainsOf } from '../../../../shared/mail/email-address.ts';
import { senderState } from '../../../../shared/mail/sender.ts';
import type { Outcome } from '../finding.ts';
import type { Check } from './check.ts';
import {
  judgeConfigurationSet,
  judgeMailAccount,
  judgeMailRegion,
  judgeRecipients,
  judgeSender,
  judgeSignature,
  type MailIdentity,
} from './mail.ts';
import type { Mails } from './ports.ts';
import type { Target } from './target.ts';

/** @param hasSes whether the region of the mails has SES: nobody there answers otherwise */
export function mailChecks(target: Target, mails: Mails, hasSes: boolean): Check[] {
  if (!hasSes) return [{ about: 'region of the mails', find: async () => judgeMailRegion(target) }];
  const { sender } = target.mail;
  return [
    { about: 'SES', find: async () => judgeMailAccount(await mails.account(), target) },
    {
      about: 'sender of the mails',
      find: async () => judgeSender(await senderState(sender, mails), target),
    },
    {
      about: 'signature of the mails',
      find: async () => {
        const signing = (await identitiesOf(sender, mails)).find(([, { isSigning }]) => isSigning);
        return judgeSignature(signing?.[0], target);
      },
    },
    { about: 'configuration set of the mails', find: () => findConfigurationSet(target, mails) },
    { about: 'recipients of the mails', find: () => findRecipients(target, mails) },
  ];
}

/** The identities that stand for an address: itself, its domain, and that domain's parents. */
async function identitiesOf(address: string, mails: Mails): Promise<[name: string, MailIdentity][]> {
  const known: [string, MailIdentity][] = [];
  for (const name of [address, ...domainsOf(address)]) {
    const identity = await mails.find(name);
    if (identity !== undefined) known.push([name, identity]);
  }
  return known;
}

async function findConfigurationSet(target: Target, mails: Mails): Promise<Outcome> {
  const [first] = await identitiesOf(target.mail.sender, mails);
  const name = first?.[1].configurationSet;
  if (first === undefined || name === undefined) return judgeConfigurationSet(undefined, target);
  return judgeConfigurationSet(
    { identity: first[0], name, state: await mails.configurationSet(name) },
    target,
  );
}

async function findRecipients(target: Target, mails: Mails): Promise<Outcome> {
  const { isInSandbox } = await mails.account();
  const unverified: string[] = [];
  for (const address of isInSandbox ? target.mail.recipients : [])
    if ((await senderState(address, mails)) !== 'verified') unverified.push(address);
  return judgeRecipients(isInSandbox, unverified, target);
}
