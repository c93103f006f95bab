import { fieldsOf } from '../../kernel/api-traits.ts';
import { type AwsService, answeringErrors, jsonErrorResponse, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { capability } from '../../kernel/capability.ts';
import type { Permissions } from '../../kernel/permissions/permissions.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { withAccount } from './account-api.ts';
import { sesApi } from './api.ts';
import { createIdentities, type Identities } from './identities.ts';
import { withIdentities } from './identity-api.ts';
import { type ReceivedMail, startMailInbox } from './mail-inbox.ts';
import { addressIn, configurationSetArn, operationOf, regionOf } from './ses-request.ts';

export interface SesOptions {
  readonly ports?: { readonly inbox?: number };
  /** Whether the links that SES mails to new senders are followed at once. @default true */
  readonly followsSenderLinks?: boolean;
  /**
   * Addresses and domains that were verified before, besides those of the template.
   * @default none
   */
  readonly verifiedSenders?: readonly string[];
}

/** The mails received and kept, oldest first. */
export const receivedMails = capability<[], readonly ReceivedMail[]>('ses.receivedMails');
/** URL of the page that shows them. */
export const inboxUrl = capability<[], string>('ses.inboxUrl');

/** Verifies an address or a domain, such as one that AWS itself sends from. */
export const verifySender = capability<[name: string], void>('ses.verifySender');

const types: ResourceTypes = {
  'AWS::SES::EmailIdentity': {
    identity: ({ property }) => refOnly(String(property('EmailIdentity'))),
    emulated: ['EmailIdentity'],
  },
};

export const ses: Service<readonly string[], SesOptions> = {
  name: 'ses',
  types,
  apis: { ses: sesApi },
  access: () => ({ conditionKeys: ['ses:FromAddress'] }),
  /** Addresses and domains of the template, which somebody has verified. */
  parse: account => account.all('AWS::SES::EmailIdentity').map(({ ref }) => ref),
  async start(names, { options, store, journal, permissions }) {
    const identities = createIdentities(store);
    const verify = (name: string) => {
      const { tags = {} } = identities.find(LOCAL_REGION, name) ?? {};
      identities.put({ region: LOCAL_REGION, name, isVerified: true, tags });
    };
    for (const name of [...names, ...(options.verifiedSenders ?? [])]) verify(name);
    const { ports, followsSenderLinks: followsLinks = true } = options;
    const inbox = await startMailInbox({ port: ports?.inbox ?? 0, identities, store, journal });
    const dayAgo = () => Date.now() / 1000 - 24 * 60 * 60;
    const sentInLastDay = () => inbox.mails().filter(({ at }) => at > dayAgo()).length;
    const sending = checkingConfigurationSets(inbox.handle, { identities, permissions });
    const api = withIdentities(withAccount(sending, sentInLastDay), { identities, followsLinks });
    return {
      apis: { ses: answeringErrors(api, error => jsonErrorResponse(error, 'REST')) },
      offers: [receivedMails.offer(inbox.mails), inboxUrl.offer(() => inbox.url), verifySender.offer(verify)],
      stop: inbox.stop,
    };
  },
};

/**
 * Whoever sends from an identity with a default configuration set needs the permission for the set
 * as well: service authorization reference, "SES v2", SendEmail.
 */
function checkingConfigurationSets(
  send: AwsService,
  { identities, permissions }: { readonly identities: Identities; readonly permissions: Permissions },
): AwsService {
  return async request => {
    if (operationOf(request).action !== 'SendEmail') return send(request);
    const fields = fieldsOf<{ FromEmailAddress: string; ConfigurationSetName: string }>(request.body);
    const address = addressIn(fields.FromEmailAddress ?? '');
    const region = regionOf(request);
    const used = fields.ConfigurationSetName ?? identities.configurationSetOf(region, address);
    if (used !== undefined) {
      const resource = configurationSetArn(region, used);
      const context = { 'ses:FromAddress': address };
      await permissions.require(request.caller, { action: 'ses:SendEmail', resource, context });
    }
    return send(request);
  };
}
