import type { Stack } from '../../../aws/stack.ts';
import type { Ports } from '../ports.ts';
import type { Target } from '../target.ts';
import { createAccount } from './account.ts';
import { createMails } from './mails.ts';
import { createSite } from './site.ts';

/** @param client for the account and region of the stack */
export function openPorts(client: Stack['client'], target: Target): Ports {
  return {
    account: createAccount(client),
    mails: createMails({ ...client, region: target.mail.region }),
    site: createSite(client, target),
  };
}
