import { type ApiTraits, type Denial, fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { type AwsResponse, jsonErrorResponse } from '../../kernel/aws-api.ts';
import { capability } from '../../kernel/capability.ts';
import { accessDenied, denialMessage } from '../../kernel/permissions/refusal.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { type ReceivedMail, startMailInbox } from './mail-inbox.ts';

export interface SesOptions {
  readonly ports?: { readonly inbox?: number };
}

/** The mails received and kept, oldest first. */
export const receivedMails = capability<[], readonly ReceivedMail[]>('ses.receivedMails');
/** URL of the page that shows them. */
export const inboxUrl = capability<[], string>('ses.inboxUrl');

const types: ResourceTypes = {
  'AWS::SES::EmailIdentity': {
    identity: ({ property }) => refOnly(String(property('EmailIdentity'))),
    emulated: ['EmailIdentity'],
  },
};

interface Fields {
  readonly FromEmailAddress: string;
  readonly Content: { readonly Raw?: unknown };
}

const api: ApiTraits = {
  actionOf: ({ method, url }) => {
    const [path] = url.split('?');
    return path === '/v2/email/outbound-emails' ? 'SendEmail' : `${method} ${path}`;
  },
  requirementsOf({ body }, action) {
    if (action !== 'SendEmail') return undefined;
    const { FromEmailAddress = '', Content } = fieldsOf<Fields>(body);
    const address = /<([^>]+)>\s*$/.exec(FromEmailAddress)?.[1] ?? FromEmailAddress;
    return [
      {
        // SES v2 has one operation; IAM keeps the two actions of v1 for it.
        action: Content?.Raw === undefined ? 'ses:SendEmail' : 'ses:SendRawEmail',
        resource: arnOf('ses', `identity/${address}`),
        context: { 'ses:FromAddress': address },
      },
    ];
  },
  refuse,
};

function refuse(denial: Denial): AwsResponse {
  const { principal, action, resource } = denial;
  // SES has words of its own, as its users quote it.
  const message = principal?.startsWith('arn:')
    ? `User \`${principal}' is not authorized to perform \`${action}' on resource \`${resource}'`
    : denialMessage(denial);
  return jsonErrorResponse(accessDenied(message), '1.1');
}

export const ses: Service<readonly string[], SesOptions> = {
  name: 'ses',
  types,
  apis: { ses: api },
  access: () => ({ conditionKeys: ['ses:FromAddress'] }),
  /** Addresses and domains that SES may send from. */
  parse: account => account.all('AWS::SES::EmailIdentity').map(({ ref }) => ref),
  async start(identities, { options, store, journal }) {
    const inbox = await startMailInbox({ port: options.ports?.inbox ?? 0, identities, store, journal });
    return {
      apis: { ses: inbox.handle },
      offers: [receivedMails.offer(inbox.mails), inboxUrl.offer(() => inbox.url)],
      stop: inbox.stop,
    };
  },
};
