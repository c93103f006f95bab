import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { type DurableStore, openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { openPublicServers } from '../../../infra/local/kernel/public-servers.ts';
import { startServices } from '../../../infra/local/kernel/start-services.ts';
import { cognito } from '../../../infra/local/services/cognito/service.ts';
import { receivedMails, ses } from '../../../infra/local/services/ses/service.ts';
import { actionOf, RESOURCE_TYPES } from '../../../infra/local/services.ts';
import { accountOf } from '../../../infra/local/template/account.ts';
import { checkProperties } from '../../../infra/local/template/properties.ts';
import { resolveStack, stackIdOf } from '../../../infra/local/template/template.ts';
import { STARTED_ONCE } from '../../helpers/described-stacks.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { permissionsOf } from '../kernel/permissions/guarded.ts';

export const CALLBACK = 'http://127.0.0.1:9/api/session/callback';
export const SIGNED_OUT = 'http://127.0.0.1:9/';

const ofPool = { UserPoolId: { Ref: 'Pool' } };
const RESOURCES = {
  Pool: {
    Type: 'AWS::Cognito::UserPool',
    Properties: {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireNumbers: true } },
      UsernameAttributes: ['email'],
    },
  },
  Client: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      ...ofPool,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email'],
      CallbackURLs: [CALLBACK],
      LogoutURLs: [SIGNED_OUT],
    },
  },
  Domain: {
    Type: 'AWS::Cognito::UserPoolDomain',
    Properties: { ...ofPool, Domain: 'school', ManagedLoginVersion: 2 },
  },
  Staff: { Type: 'AWS::Cognito::UserPoolGroup', Properties: { ...ofPool, GroupName: 'staff' } },
  Branding: {
    Type: 'AWS::Cognito::ManagedLoginBranding',
    Properties: { ...ofPool, ClientId: { Ref: 'Client' }, UseCognitoProvidedValues: true },
  },
};

const OUTPUTS = {
  poolId: { Value: { Ref: 'Pool' } },
  issuer: { Value: { 'Fn::GetAtt': ['Pool', 'ProviderURL'] } },
  clientId: { Value: { Ref: 'Client' } },
  loginUrl: {
    Value: { 'Fn::Join': ['', ['https://', { Ref: 'Domain' }, '.auth.us-east-1.amazoncognito.com']] },
  },
};

/** Cognito and SES of a template with one pool. @param more properties of the pool */
export async function startCognito(store: DurableStore = openDurableStore(), more: object = {}, port = 0) {
  const stops: (() => Promise<void> | void)[] = [];
  const onStarted = (stop: () => Promise<void> | void) => void stops.push(stop);
  const [journal, apis] = [createJournal(), new Map<string, AwsService>()];
  const endpoint = await startAwsEndpoint({ port: 0, services: apis, journal, actionOf });
  onStarted(endpoint.stop);
  const { Pool } = RESOURCES;
  const Resources = { ...RESOURCES, Pool: { ...Pool, Properties: { ...Pool.Properties, ...more } } };
  const stack = resolveStack(JSON.stringify({ Resources, Outputs: OUTPUTS }), {
    stackName: 'School',
    stackId: stackIdOf('School'),
    endpoint: endpoint.url,
    types: RESOURCE_TYPES,
    assets: new Map(),
  });
  checkProperties(stack.resources, RESOURCE_TYPES);
  const servers = await openPublicServers(stack.resources, RESOURCE_TYPES, { login: port }, onStarted);
  const local = servers.withLocalUrls(stack);
  const base = { options: {}, callAws: endpoint.call, endpoint: endpoint.url, journal, store, timeScale: 1 };
  const permissions = permissionsOf([...accountOf([local]).resources]);
  const more2 = { localUrls: servers.localUrls, folder: () => undefined, permissions, ...STARTED_ONCE };
  const cloud = { ...base, ...more2 };
  const running = await startServices({
    services: [ses, cognito],
    stacks: [local],
    cloud,
    apis,
    servers,
    onStarted,
  });
  const { poolId = '', issuer = '', clientId = '', loginUrl = '' } = local.outputs;
  return {
    ...{ poolId, issuer, clientId, loginUrl },
    client: new CognitoIdentityProviderClient(clientFor(endpoint.url)),
    mails: running.use(receivedMails),
    async stop() {
      for (const stop of stops.reverse()) await stop();
    },
  };
}
