import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Configuration, Provider } from 'oidc-provider';
import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { errorPage, newPasswordPage, signInPage } from './login-page.ts';
import type { OidcState } from './oidc-adapter.ts';
import type { Pool } from './pools.ts';
import type { User, Users } from './users.ts';

export interface ManagedLogin {
  readonly pool: Pool;
  readonly users: Users;
  readonly state: OidcState;
  readonly store: DurableStore;
}

/**
 * Managed login of one pool under Cognito's routes. oidc-provider is loaded at the first request,
 * so that a pool costs nothing before.
 */
export function createManagedLogin(login: ManagedLogin): RequestListener {
  let loading: Promise<RequestListener> | undefined;
  return (request, response) => {
    loading ??= load(login);
    loading.then(
      listener => listener(request, response),
      error => fail(error, response),
    );
  };
}

function fail(error: unknown, response: ServerResponse): void {
  process.emitWarning(error instanceof Error ? error : String(error));
  if (!response.headersSent) html(response, 500, errorPage('Something went wrong. Please try again.'));
}

async function load(login: ManagedLogin): Promise<RequestListener> {
  const { Provider } = await import('oidc-provider');
  const provider = new Provider(login.pool.issuer, configurationOf(login));
  const handle = provider.callback();
  const temporary = new Map<string, User>();
  return (request, response) => {
    const { pathname, searchParams } = new URL(`http://localhost${request.url ?? '/'}`);
    const serve = async () => {
      if (pathname === '/login') await answerLogin({ ...login, provider, temporary }, request, response);
      else if (pathname === '/logout')
        await answerLogout(login.pool, provider, searchParams, request, response);
      else if (lacksBranding(login.pool, pathname, searchParams))
        // Developer guide, "Managed login branding".
        html(response, 403, errorPage('Login pages unavailable. Please contact an administrator.'));
      else await handle(request, response);
    };
    serve().catch(error => fail(error, response));
  };
}

function lacksBranding({ clients }: Pool, pathname: string, query: URLSearchParams): boolean {
  const client = clients.find(({ id }) => id === query.get('client_id'));
  return pathname === '/oauth2/authorize' && client?.hasBranding === false;
}

interface Keys {
  readonly jwk: object;
  readonly cookieKey: string;
}

/** Made once and kept, so that tokens and cookies outlive a restart. */
function keysOf(pool: Pool, store: DurableStore): Keys {
  const stored = store.map<Keys>('cognito-keys');
  const known = stored.get(pool.id);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
  const keys = { jwk, cookieKey: randomBytes(32).toString('base64url') };
  stored.set(pool.id, keys);
  return keys;
}

const HOUR_SECONDS = 60 * 60;

/** Cognito's defaults: a code lives for five minutes, everything else for an hour. */
const TTL_SECONDS = {
  AccessToken: HOUR_SECONDS,
  IdToken: HOUR_SECONDS,
  AuthorizationCode: 300,
  Session: HOUR_SECONDS,
  Grant: HOUR_SECONDS,
  Interaction: HOUR_SECONDS,
};

function configurationOf({ pool, users, state, store }: ManagedLogin): Configuration {
  const { jwk, cookieKey } = keysOf(pool, store);
  return {
    adapter: state.adapterOf,
    clients: pool.clients.map(client => ({
      client_id: client.id,
      redirect_uris: [...client.callbackUrls],
      scope: client.scopes.join(' '),
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    })),
    jwks: { keys: [jwk] },
    cookies: { keys: [cookieKey] },
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      userinfo: '/oauth2/userInfo',
      jwks: `/${pool.id}/.well-known/jwks.json`,
    },
    scopes: ['openid', 'email', 'profile'],
    claims: {
      openid: ['sub', 'cognito:groups', 'cognito:username', 'token_use'],
      email: ['email', 'email_verified'],
      profile: ['name', 'given_name', 'family_name'],
    },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: () => '/login' },
    ttl: TTL_SECONDS,
    findAccount(_, sub) {
      const user = users.find(sub);
      return user && { accountId: user.sub, claims: () => claimsOf(user) };
    },
    // Cognito asks nobody for consent: whoever signs in grants what the client may ask for.
    async loadExistingGrant({ oidc }) {
      const { provider, client, session } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const id = session.grantIdFor(client.clientId);
      const known = id === undefined ? undefined : await provider.Grant.find(id);
      if (known !== undefined) return known;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(client.scope ?? 'openid');
      await grant.save();
      return grant;
    },
    renderError(ctx, { error_description: description }) {
      ctx.type = 'html';
      ctx.body = errorPage(description ?? 'The request is not valid.');
    },
  };
}

/** Developer guide, "Understanding the identity (ID) token". */
function claimsOf({ sub, username, attributes, groups }: User) {
  const { email_verified: verified = '', ...others } = attributes;
  return {
    ...others,
    ...(verified === '' ? {} : { email_verified: verified === 'true' }),
    sub,
    'cognito:username': username,
    ...(groups.length === 0 ? {} : { 'cognito:groups': [...groups] }),
    token_use: 'id',
  };
}

interface SigningIn extends ManagedLogin {
  readonly provider: Provider;
  /** Who has given a temporary password and owes a new one, by the interaction. */
  readonly temporary: Map<string, User>;
}

async function answerLogin(login: SigningIn, request: IncomingMessage, response: ServerResponse) {
  const interaction = await login.provider.interactionDetails(request, response).catch(() => undefined);
  if (interaction === undefined)
    return html(response, 400, errorPage('This sign-in has expired. Go back and begin again.'));
  if (request.method !== 'POST') return html(response, 200, signInPage(interaction.uid));
  const form = new URLSearchParams(await text(request));
  // The form of another tab, whose sign-in this cookie no longer stands for.
  if (form.get('interaction') !== interaction.uid)
    return html(response, 400, errorPage('Another sign-in has begun in this browser. Continue there.'));
  const { user, page } = form.has('newPassword')
    ? await takeNewPassword(login, interaction.uid, form)
    : await takePassword(login, interaction.uid, form);
  if (user === undefined) return html(response, 200, page ?? signInPage(interaction.uid));
  login.temporary.delete(interaction.uid);
  const result = { login: { accountId: user.sub } };
  await login.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

interface Step {
  /** Who has signed in; undefined if a page is to be shown. */
  readonly user?: User;
  readonly page?: string;
}

async function takePassword(login: SigningIn, uid: string, form: URLSearchParams): Promise<Step> {
  const username = form.get('username') ?? '';
  try {
    const user = await login.users.authenticate(username, form.get('password') ?? '');
    if (user.status === 'CONFIRMED') return { user };
    login.temporary.set(uid, user);
    return { page: newPasswordPage(uid) };
  } catch (error) {
    return { page: signInPage(uid, username, messageOf(error)) };
  }
}

async function takeNewPassword(login: SigningIn, uid: string, form: URLSearchParams): Promise<Step> {
  const asked = login.temporary.get(uid);
  const user = asked && login.users.find(asked.sub);
  // An administrator may have set another password, or removed the user, in between.
  if (user === undefined || user.passwordHash !== asked?.passwordHash) return {};
  const password = form.get('newPassword') ?? '';
  if (password !== form.get('confirmed')) return { page: newPasswordPage(uid, 'The passwords differ.') };
  try {
    return { user: await login.users.setPassword(user, password, 'CONFIRMED') };
  } catch (error) {
    return { page: newPasswordPage(uid, messageOf(error)) };
  }
}

/** @throws what is not an answer of Cognito */
function messageOf(error: unknown): string {
  if (error instanceof AwsError) return error.message;
  throw error;
}

/** Developer guide, "The managed login logout endpoint", with `logout_uri`. */
async function answerLogout(
  { clients }: Pool,
  provider: Provider,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const client = clients.find(({ id }) => id === query.get('client_id'));
  const uri = query.get('logout_uri') ?? '';
  if (client?.logoutUrls.includes(uri) !== true)
    return html(response, 400, errorPage('The client or its sign-out URL is not known.'));
  const session = await provider.Session.get(provider.createContext(request, response));
  await session.destroy();
  response.writeHead(302, { location: uri, 'cache-control': 'no-store' }).end();
}

function html(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    })
    .end(body);
}
