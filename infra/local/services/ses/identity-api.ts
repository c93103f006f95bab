import { z } from 'zod';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  jsonResponse,
} from '../../kernel/aws-api.ts';
import type { Identities, Identity } from './identities.ts';
import { operationOf, regionOf } from './ses-request.ts';

const Tags = z
  .array(z.object({ Key: z.string().max(128), Value: z.string().max(256) }))
  .transform(tags => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));

const Creation = z.strictObject({
  EmailIdentity: z.string(),
  Tags: Tags.default({}),
  ConfigurationSetName: z.string().optional(),
});
const Tagging = z.strictObject({ ResourceArn: z.string(), Tags });
const Configuration = z.strictObject({ ConfigurationSetName: z.string().optional() });

export interface IdentityApiOptions {
  readonly identities: Identities;
  /** Whether a link that SES mails is followed at once. */
  readonly followsLinks: boolean;
}

/** The operations of SES v2 on identities. Any other request goes to `others`. */
export function withIdentities(others: AwsService, options: IdentityApiOptions): AwsService {
  const { identities, followsLinks } = options;

  function create(region: string, body: string): AwsResponse {
    const { EmailIdentity: name, Tags: tags, ConfigurationSetName } = Creation.parse(JSON.parse(body));
    if (identities.find(region, name) !== undefined)
      throw new AwsError('AlreadyExistsException', `Email identity ${name} already exist.`);
    const configuration =
      ConfigurationSetName === undefined ? {} : { configurationSet: ConfigurationSetName };
    identities.put({ region, name, isVerified: followsLinks, tags, ...configuration });
    const IdentityType = name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN';
    return jsonResponse({ IdentityType, VerifiedForSendingStatus: followsLinks });
  }

  /** @throws AwsError NotFoundException */
  function known(region: string, name: string): Identity {
    const identity = identities.find(region, name);
    if (identity !== undefined) return identity;
    throw new AwsError('NotFoundException', `Email identity ${name} does not exist.`, 404);
  }

  const change = (identity: Identity): AwsResponse => {
    identities.put(identity);
    return jsonResponse({});
  };

  function untag(region: string, { url }: AwsRequest): AwsResponse {
    const query = new URL(url, 'http://aws').searchParams;
    const identity = known(region, nameIn(query.get('ResourceArn') ?? ''));
    const removed = query.getAll('TagKeys');
    const left = Object.entries(identity.tags).filter(([key]) => !removed.includes(key));
    return change({ ...identity, tags: Object.fromEntries(left) });
  }

  return async request => {
    const { action, name } = operationOf(request);
    const region = regionOf(request);
    const body = request.body.toString();
    switch (action) {
      case 'CreateEmailIdentity':
        return create(region, body);
      case 'GetEmailIdentity':
        return jsonResponse(describe(known(region, name)));
      case 'DeleteEmailIdentity':
        known(region, name);
        identities.remove(region, name);
        return jsonResponse({});
      case 'PutEmailIdentityConfigurationSetAttributes': {
        const { configurationSet: _, ...identity } = known(region, name);
        const { ConfigurationSetName } = Configuration.parse(JSON.parse(body));
        return change(
          ConfigurationSetName === undefined
            ? identity
            : { ...identity, configurationSet: ConfigurationSetName },
        );
      }
      case 'TagResource': {
        const { ResourceArn, Tags: tags } = Tagging.parse(JSON.parse(body));
        const identity = known(region, nameIn(ResourceArn));
        return change({ ...identity, tags: { ...identity.tags, ...tags } });
      }
      case 'UntagResource':
        return untag(region, request);
      default:
        return others(request);
    }
  };
}

const nameIn = (identityArn: string) => identityArn.replace(/^.*:identity\//, '');

function describe({ name, isVerified, tags, configurationSet }: Identity): object {
  return {
    IdentityType: name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
    VerifiedForSendingStatus: isVerified,
    VerificationStatus: isVerified ? 'SUCCESS' : 'PENDING',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
  };
}
