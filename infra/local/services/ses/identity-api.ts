import { z } from 'zod';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  jsonResponse,
  urlOf,
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
  const identities = new IdentityApi(options);
  return async request => identities.answer(request) ?? (await others(request));
}

class IdentityApi {
  readonly #identities: Identities;
  readonly #followsLinks: boolean;

  constructor({ identities, followsLinks }: IdentityApiOptions) {
    this.#identities = identities;
    this.#followsLinks = followsLinks;
  }

  /** Undefined for an operation on something else. */
  answer(request: AwsRequest): AwsResponse | undefined {
    const { action, name } = operationOf(request);
    const region = regionOf(request);
    const body = request.body.toString();
    switch (action) {
      case 'CreateEmailIdentity':
        return this.#create(region, body);
      case 'GetEmailIdentity':
        return jsonResponse(describe(this.#known(region, name)), 'REST');
      case 'DeleteEmailIdentity':
        return this.#remove(region, name);
      case 'PutEmailIdentityConfigurationSetAttributes':
        return this.#configure(region, name, body);
      case 'TagResource':
        return this.#tag(region, body);
      case 'UntagResource':
        return this.#untag(region, request.url);
      default:
        return undefined;
    }
  }

  #create(region: string, body: string): AwsResponse {
    const { EmailIdentity: name, Tags: tags, ConfigurationSetName } = Creation.parse(JSON.parse(body));
    if (this.#identities.find(region, name) !== undefined)
      throw new AwsError('AlreadyExistsException', `Email identity ${name} already exist.`);
    const configuration =
      ConfigurationSetName === undefined ? {} : { configurationSet: ConfigurationSetName };
    this.#identities.put({ region, name, isVerified: this.#followsLinks, tags, ...configuration });
    return jsonResponse({ IdentityType: typeOf(name), VerifiedForSendingStatus: this.#followsLinks }, 'REST');
  }

  #remove(region: string, name: string): AwsResponse {
    this.#known(region, name);
    this.#identities.remove(region, name);
    return jsonResponse({}, 'REST');
  }

  #configure(region: string, name: string, body: string): AwsResponse {
    const { configurationSet: _, ...identity } = this.#known(region, name);
    const { ConfigurationSetName: configurationSet } = Configuration.parse(JSON.parse(body));
    return this.#put(configurationSet === undefined ? identity : { ...identity, configurationSet });
  }

  #tag(region: string, body: string): AwsResponse {
    const { ResourceArn, Tags: tags } = Tagging.parse(JSON.parse(body));
    const identity = this.#known(region, nameIn(ResourceArn));
    return this.#put({ ...identity, tags: { ...identity.tags, ...tags } });
  }

  #untag(region: string, url: string): AwsResponse {
    const query = urlOf({ url }).searchParams;
    const identity = this.#known(region, nameIn(query.get('ResourceArn') ?? ''));
    const removed = query.getAll('TagKeys');
    const left = Object.entries(identity.tags).filter(([key]) => !removed.includes(key));
    return this.#put({ ...identity, tags: Object.fromEntries(left) });
  }

  #put(identity: Identity): AwsResponse {
    this.#identities.put(identity);
    return jsonResponse({}, 'REST');
  }

  /** @throws AwsError NotFoundException */
  #known(region: string, name: string): Identity {
    const identity = this.#identities.find(region, name);
    if (identity !== undefined) return identity;
    throw new AwsError('NotFoundException', `Email identity ${name} does not exist.`, 404);
  }
}

const nameIn = (identityArn: string) => identityArn.replace(/^.*:identity\//, '');

function typeOf(name: string): 'EMAIL_ADDRESS' | 'DOMAIN' {
  return name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN';
}

function describe({ name, isVerified, tags, configurationSet }: Identity): object {
  return {
    IdentityType: typeOf(name),
    VerifiedForSendingStatus: isVerified,
    VerificationStatus: isVerified ? 'SUCCESS' : 'PENDING',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
  };
}
