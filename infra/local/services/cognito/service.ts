import { arnOf } from '../../kernel/arn.ts';
import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly, stableId } from '../../template/resource.ts';
import { verifySender } from '../ses/service.ts';
import { cognitoApi, createCognitoApi, type RunningPool } from './api.ts';
import { sendInvitation } from './invitation.ts';
import { createManagedLogin } from './managed-login.ts';
import { createOidcState } from './oidc-adapter.ts';
import { type Pool, poolsOf } from './pools.ts';
import { createUsers } from './users.ts';

export interface CognitoOptions {
  readonly ports?: { readonly login?: number };
}

const types: ResourceTypes = {
  'AWS::Cognito::UserPool': {
    identity: ({ name }) => {
      const ref = `${LOCAL_REGION}_${stableId(name, 9)}`;
      const provider = `cognito-idp.${LOCAL_REGION}.amazonaws.com/${ref}`;
      const Arn = arnOf('cognito-idp', `userpool/${ref}`);
      const attributes = { Arn, ProviderName: provider, ProviderURL: `https://${provider}`, UserPoolId: ref };
      return { ref, attributes };
    },
    emulated: [
      'AdminCreateUserConfig',
      'AutoVerifiedAttributes',
      'EmailConfiguration',
      'MfaConfiguration',
      'Policies',
      'UserPoolName',
      'UsernameAttributes',
      'UsernameConfiguration',
    ],
    accepted: [
      'AccountRecoverySetting',
      'DeletionProtection',
      'EmailVerificationMessage',
      'EmailVerificationSubject',
      'EnabledMfas',
      'Schema',
      'SmsVerificationMessage',
      'UserPoolTags',
      'UserPoolTier',
      'VerificationMessageTemplate',
    ],
  },
  'AWS::Cognito::UserPoolClient': {
    identity: ({ name }) => {
      const ref = stableId(name, 26);
      return { ref, attributes: { ClientId: ref } };
    },
    emulated: [
      'AllowedOAuthFlows',
      'AllowedOAuthFlowsUserPoolClient',
      'AllowedOAuthScopes',
      'CallbackURLs',
      'ClientName',
      'GenerateSecret',
      'LogoutURLs',
      'SupportedIdentityProviders',
      'UserPoolId',
    ],
    accepted: [
      'AccessTokenValidity',
      'EnableTokenRevocation',
      'ExplicitAuthFlows',
      'IdTokenValidity',
      'PreventUserExistenceErrors',
      'RefreshTokenValidity',
      'TokenValidityUnits',
    ],
  },
  'AWS::Cognito::UserPoolDomain': {
    identity: ({ named }) => refOnly(named('Domain')),
    emulated: ['Domain', 'ManagedLoginVersion', 'UserPoolId'],
    published: {
      urlOf: ({ ref }) => `https://${ref}.auth.${LOCAL_REGION}.amazoncognito.com`,
      port: 'login',
      // Cookies do not know ports: under 127.0.0.1 the site would get those of the login page.
      host: 'localhost',
    },
  },
  'AWS::Cognito::UserPoolGroup': {
    identity: ({ named }) => refOnly(named('GroupName')),
    emulated: ['Description', 'GroupName', 'UserPoolId'],
    accepted: ['Precedence'],
  },
  'AWS::Cognito::ManagedLoginBranding': {
    identity: ({ name }) => {
      const id = stableId(name, 32);
      return { ref: id, attributes: { ManagedLoginBrandingId: id } };
    },
    emulated: ['ClientId', 'UseCognitoProvidedValues', 'UserPoolId'],
  },
};

/** User pools with their users, and managed login by oidc-provider. */
export const cognito: Service<readonly Pool[], CognitoOptions> = {
  name: 'cognito',
  types,
  apis: { 'cognito-idp': cognitoApi },
  needs: [verifySender],
  parse: poolsOf,
  start(pools, { store, callAws, use }) {
    const running = pools.map(pool => {
      const users = createUsers(pool, store);
      const state = createOidcState(pool.id, store);
      const api: RunningPool = {
        pool,
        users,
        createdAt: Date.now(),
        invite: (to, username, password) =>
          sendInvitation(pool, { to, username, password }, { callAws, verifySender: use(verifySender) }),
        forget: (user, what) => state.forget(user.sub, what),
      };
      return { api, domains: pool.domains, listener: createManagedLogin({ pool, users, state, store }) };
    });
    return {
      apis: { 'cognito-idp': createCognitoApi(new Map(running.map(({ api }) => [api.pool.id, api]))) },
      serves: {
        'AWS::Cognito::UserPoolDomain': domain => {
          const found = running.find(({ domains }) => domains.includes(domain));
          if (found === undefined) throw new Error(`The domain ${domain} is of no user pool`);
          return found.listener;
        },
      },
    };
  },
};
