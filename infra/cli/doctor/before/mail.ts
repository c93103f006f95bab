import { describeSender, type SenderIdentity, type SenderState } from '../../../../shared/mail/sender.ts';
import { confirmed, type Outcome, refuted } from '../finding.ts';
import type { Target } from './target.ts';

/** SES of one account and region. */
export interface MailAccount {
  /** Whether SES sends to verified addresses alone. */
  readonly isInSandbox: boolean;
  readonly maySend: boolean;
  /** `HEALTHY`, `PROBATION` or `SHUTDOWN` */
  readonly enforcement: string;
  /** Mails in 24 hours; -1 where there is no limit. */
  readonly quota: number;
  readonly sentInLastDay: number;
}

/** An address or a domain that SES knows. */
export interface MailIdentity extends SenderIdentity {
  /** Whether mails are signed with the domain's own key (DKIM). */
  readonly isSigning: boolean;
  /** With which it sends unless a mail names another one. */
  readonly configurationSet?: string;
}

export function judgeMailAccount(account: MailAccount, { mail: { region }, commands }: Target): Outcome {
  const { isInSandbox, maySend, enforcement, quota, sentInLastDay } = account;
  const look = commands.aws('sesv2 get-account', region);
  if (!maySend || enforcement === 'SHUTDOWN') {
    return refuted(
      `SES sends nothing in ${region}: sending is off (${enforcement})`,
      `Look why: ${look}\nTo switch it on: ${commands.aws('sesv2 put-account-sending-attributes --sending-enabled', region)}`,
    );
  }
  if (quota >= 0 && sentInLastDay >= quota)
    return refuted(`the ${quota} mails of 24 hours are used up in ${region}`, `To see them: ${look}`);
  const limit = quota < 0 ? 'any number of mails' : `${quota} mails`;
  const used = `${limit} in 24 hours, ${sentInLastDay} sent`;
  return confirmed(`${region}: ${isInSandbox ? 'sandbox' : 'production'}; ${used}`);
}

/** The region has no SES, and nobody there could be asked about it. */
export function judgeMailRegion({ mail: { region } }: Target): Outcome {
  return refuted(`${region} has no SES`, 'Deploy with another region that has it: -c mailRegion=eu-west-1');
}

/** @param unverified recipients to whom a sandbox does not send */
export function judgeRecipients(
  isInSandbox: boolean,
  unverified: readonly string[],
  { mail: { region, recipients }, commands }: Target,
): Outcome {
  if (!isInSandbox) return confirmed(`${recipients.join(', ')} may be anybody's`);
  if (unverified.length === 0) return confirmed(`${recipients.join(', ')}: verified, as the sandbox asks`);
  const verify = unverified.map(address =>
    commands.aws(`sesv2 create-email-identity --email-identity ${address}`, region),
  );
  const leave = commands.aws(
    'sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url URL',
    region,
  );
  return refuted(
    `SES is in its sandbox in ${region}, and does not send to ${unverified.join(', ')}`,
    `Have SES mail each a link, to be followed once:\n${verify.join('\n')}\nOr leave the sandbox: ${leave}`,
  );
}

export function judgeSender(state: SenderState, { mail: { sender, region } }: Target): Outcome {
  const description = describeSender(state, sender, region);
  if (state === 'verified') return confirmed(description);
  return refuted(`SES does not send from ${sender} in ${region}`, description);
}

/** Domains of mailboxes for everybody. Nobody else can have SES sign for them. */
const PUBLIC_MAILBOXES =
  /^(?:gmail|googlemail|yahoo|ymail|rocketmail|aol|outlook|hotmail|live|msn|icloud|me|mac|proton|protonmail|gmx|web|mail|yandex|zoho)\.[a-z.]+$/;

/** @param signing the identity whose domain signs; undefined if none does */
export function judgeSignature(
  signing: string | undefined,
  { mail: { sender, region }, commands }: Target,
): Outcome {
  if (signing !== undefined) return confirmed(`signed with the key of ${signing.split('@').at(-1)} (DKIM)`);
  const domain = sender.split('@').at(-1) ?? '';
  if (PUBLIC_MAILBOXES.test(domain)) {
    return refuted(
      `mails from ${sender} are signed by amazonses.com, not by ${domain}: they fail DMARC and are taken for spam`,
      `Verify a domain of your own, and deploy with -c mailFrom=site@DOMAIN: ${commands.aws('sesv2 create-email-identity --email-identity DOMAIN', region)}`,
    );
  }
  return confirmed(
    `signed by amazonses.com, which is enough unless ${domain} asks for more (dig +short TXT _dmarc.${domain}: p=reject or p=quarantine); better verify the domain`,
  );
}

/** Whether a configuration set sends, or why not. */
export type SetState = 'sends' | 'paused' | 'missing';

/** @param set that the identity of the sender has by default */
export function judgeConfigurationSet(
  set: { readonly identity: string; readonly name: string; readonly state: SetState } | undefined,
  { mail: { sender, region }, commands }: Target,
): Outcome {
  if (set === undefined) return confirmed(`${sender} has none by default`);
  const { identity, name, state } = set;
  if (state === 'sends') return confirmed(`${name}, with which the function may send`);
  const without = commands.aws(
    `sesv2 put-email-identity-configuration-set-attributes --email-identity ${identity}`,
    region,
  );
  return state === 'missing'
    ? refuted(
        `${identity} sends with the configuration set ${name}, which does not exist`,
        `Send without one: ${without}`,
      )
    : refuted(
        `the configuration set ${name} of ${identity} sends nothing`,
        `Switch it on: ${commands.aws(`sesv2 put-configuration-set-sending-options --configuration-set-name ${name} --sending-enabled`, region)}\nOr send without one: ${without}`,
      );
}
