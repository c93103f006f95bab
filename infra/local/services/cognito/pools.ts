import { z } from 'zod';
import type { Account } from '../../template/account.ts';
import { parseResource } from '../../template/parse-resource.ts';
import { type PasswordPolicy, PasswordPolicySchema } from './passwords.ts';

const PoolProperties = z.object({
  UserPoolName: z.string().optional(),
  AdminCreateUserConfig: z
    .strictObject({
      // The login page offers no sign-up, so the pool may not promise one.
      AllowAdminCreateUserOnly: z.literal(true),
      InviteMessageTemplate: z
        .strictObject({ EmailMessage: z.string().optional(), EmailSubject: z.string().optional() })
        .optional(),
    })
    .optional(),
  AutoVerifiedAttributes: z.array(z.literal('email')).optional(),
  EmailConfiguration: z
    .strictObject({
      EmailSendingAccount: z.enum(['COGNITO_DEFAULT', 'DEVELOPER']).optional(),
      From: z.string().optional(),
      SourceArn: z.string().optional(),
    })
    .optional(),
  MfaConfiguration: z.enum(['OFF', 'OPTIONAL']).optional(),
  Policies: z.strictObject({ PasswordPolicy: PasswordPolicySchema.optional() }).optional(),
  UsernameAttributes: z.array(z.literal('email')).optional(),
  UsernameConfiguration: z.strictObject({ CaseSensitive: z.literal(false) }).optional(),
});

const ClientProperties = z.object({
  ClientName: z.string().optional(),
  UserPoolId: z.string(),
  AllowedOAuthFlows: z.array(z.literal('code')).min(1),
  AllowedOAuthFlowsUserPoolClient: z.literal(true),
  AllowedOAuthScopes: z.array(z.enum(['openid', 'email', 'profile'])).min(1),
  CallbackURLs: z.array(z.string()).min(1),
  LogoutURLs: z.array(z.string()).default([]),
  // Public clients alone: PKCE stands in for the secret.
  GenerateSecret: z.literal(false).optional(),
  SupportedIdentityProviders: z.array(z.literal('COGNITO')).optional(),
});

const DomainProperties = z.object({
  Domain: z.string(),
  UserPoolId: z.string(),
  // 2 is managed login: API reference, CreateUserPoolDomain.
  ManagedLoginVersion: z.literal(2),
});
const GroupProperties = z.object({
  GroupName: z.string().optional(),
  Description: z.string().optional(),
  UserPoolId: z.string(),
});
const BrandingProperties = z.object({
  UserPoolId: z.string(),
  ClientId: z.string(),
  UseCognitoProvidedValues: z.literal(true),
});

export interface PoolClient {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly callbackUrls: readonly string[];
  readonly logoutUrls: readonly string[];
  /** Without one, managed login shows no page for the client. */
  readonly hasBranding: boolean;
}

export interface Pool {
  readonly id: string;
  readonly arn: string;
  /** Of its tokens: the issuer on AWS. */
  readonly issuer: string;
  readonly name: string;
  /** Whether users sign in with their address, and their user names are random. */
  readonly signsInByEmail: boolean;
  readonly policy: PasswordPolicy;
  readonly mfa: 'OFF' | 'OPTIONAL';
  /** Whoever mails are from. @default Cognito's own sender */
  readonly sender: string | undefined;
  readonly invitation: { readonly subject?: string | undefined; readonly message?: string | undefined };
  readonly clients: readonly PoolClient[];
  readonly groups: readonly string[];
  /** Prefixes of its domains. */
  readonly domains: readonly string[];
}

/** Parses resources of a type, each with its `Ref`. @throws Error naming what is not emulated */
function parsed<T extends z.ZodType>(account: Account, type: string, schema: T) {
  return account.all(type).map(resource => ({
    ref: resource.ref,
    attributes: resource.attributes,
    properties: parseResource(schema, `${type} ${resource.logicalId}`, resource.properties),
  }));
}

/** The template's user pools with all that belongs to each. @throws Error naming what is wrong */
export function poolsOf(account: Account): readonly Pool[] {
  const pools = parsed(account, 'AWS::Cognito::UserPool', PoolProperties);
  const brandings = parsed(account, 'AWS::Cognito::ManagedLoginBranding', BrandingProperties);
  const clients = parsed(account, 'AWS::Cognito::UserPoolClient', ClientProperties);
  const domains = parsed(account, 'AWS::Cognito::UserPoolDomain', DomainProperties);
  const groups = parsed(account, 'AWS::Cognito::UserPoolGroup', GroupProperties);
  return pools.map(({ ref, attributes, properties }) => {
    const isOfPool = (each: { properties: { UserPoolId: string } }) => each.properties.UserPoolId === ref;
    const invitation = properties.AdminCreateUserConfig?.InviteMessageTemplate;
    const email = properties.EmailConfiguration;
    const { Arn: arn = '', ProviderURL: issuer = '' } = attributes;
    return {
      id: ref,
      arn,
      issuer,
      name: properties.UserPoolName ?? ref,
      signsInByEmail: properties.UsernameAttributes?.includes('email') ?? false,
      policy: properties.Policies?.PasswordPolicy ?? PasswordPolicySchema.parse({}),
      mfa: properties.MfaConfiguration ?? 'OFF',
      sender: email?.From ?? email?.SourceArn?.split(':identity/').at(-1),
      invitation: { subject: invitation?.EmailSubject, message: invitation?.EmailMessage },
      clients: clients.filter(isOfPool).map(({ ref: id, properties: client }) => ({
        id,
        name: client.ClientName ?? id,
        scopes: client.AllowedOAuthScopes,
        callbackUrls: client.CallbackURLs,
        logoutUrls: client.LogoutURLs,
        hasBranding: brandings.filter(isOfPool).some(each => each.properties.ClientId === id),
      })),
      groups: groups.filter(isOfPool).map(group => group.ref),
      domains: domains.filter(isOfPool).map(domain => domain.ref),
    };
  });
}
