import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import * as oidc from 'openid-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { CALLBACK, SIGNED_OUT, startCognito } from './local-cognito.ts';

const [EMAIL, PASSWORD] = ['office@school.example.com', 'a long passw0rd'];
type Cloud = Awaited<ReturnType<typeof startCognito>>;

/** A cloud with one user of the staff. */
async function start({ permanent = true } = {}, store = openDurableStore()) {
  const cloud = await startCognito(store);
  onTestFinished(() => cloud.stop());
  const of = { UserPoolId: cloud.poolId, Username: EMAIL };
  await cloud.client.send(new AdminCreateUserCommand({ ...of, TemporaryPassword: PASSWORD }));
  await cloud.client.send(new AdminAddUserToGroupCommand({ ...of, GroupName: 'staff' }));
  if (permanent)
    await cloud.client.send(new AdminSetUserPasswordCommand({ ...of, Password: PASSWORD, Permanent: true }));
  return cloud;
}

function configurationOf({ issuer, clientId, loginUrl, poolId }: Cloud) {
  const server = {
    issuer,
    authorization_endpoint: `${loginUrl}/oauth2/authorize`,
    token_endpoint: `${loginUrl}/oauth2/token`,
    jwks_uri: `${loginUrl}/${poolId}/.well-known/jwks.json`,
  };
  const config = new oidc.Configuration(server, clientId, undefined, oidc.None());
  oidc.allowInsecureRequests(config);
  oidc.enableNonRepudiationChecks(config);
  return config;
}

/** A browser as far as cookies and redirects go. It stops before it leaves the login page. */
function browser() {
  const cookies = new Map<string, string>();
  return async function open(
    url: string,
    form?: Record<string, string>,
  ): Promise<{ url: string; text: string; status: number }> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(pair => pair.join('=')).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return { url, text: await response.text(), status: response.status };
    const next = new URL(location, url).href;
    return next.startsWith('http://127.0.0.1:9/') ? { url: next, text: '', status: 302 } : open(next);
  };
}

async function begin(cloud: Cloud, open = browser(), redirect_uri = CALLBACK) {
  const config = configurationOf(cloud);
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier, expectedNonce: 'n-1', expectedState: 's-1' };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid email',
    state: 's-1',
    nonce: 'n-1',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const shown = await open(url.href);
  const interaction = /name="interaction" value="([^"]+)"/.exec(shown.text)?.[1] ?? '';
  const submit = (form: Record<string, string>) => open(`${cloud.loginUrl}/login`, { interaction, ...form });
  const exchange = (callback: string, more: object = {}) =>
    oidc.authorizationCodeGrant(config, new URL(callback), { ...checks, ...more });
  return { shown, submit, exchange, open };
}

const signIn = { username: EMAIL, password: PASSWORD };

describe('Managed login', () => {
  it('gives an ID token as Cognito does, once, to whoever has the verifier', async () => {
    const { submit, exchange } = await begin(await start());
    const { url } = await submit(signIn);
    const tokens = await exchange(url);
    expect(tokens.claims()).toMatchObject({
      email: EMAIL,
      'cognito:groups': ['staff'],
      token_use: 'id',
      nonce: 'n-1',
    });
    await expect(exchange(url)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('refuses a code without its verifier', async () => {
    const { submit, exchange } = await begin(await start());
    const { url } = await submit(signIn);
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    await expect(exchange(url, { pkceCodeVerifier })).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('says that a password is wrong', async () => {
    const { submit } = await begin(await start());
    const { text } = await submit({ ...signIn, password: 'wrong' });
    expect(text).toContain('Incorrect username or password.');
  });

  it('has a temporary password changed', async () => {
    const cloud = await start({ permanent: false });
    const { submit } = await begin(cloud);
    expect((await submit(signIn)).text).toContain('New password');
    expect((await submit({ newPassword: 'x', confirmed: 'x' })).text).toContain('not long enough');
    const changed = 'another passw0rd';
    expect((await submit({ newPassword: changed, confirmed: changed })).url).toContain('code=');
    const of = { UserPoolId: cloud.poolId, Username: EMAIL };
    expect(await cloud.client.send(new AdminGetUserCommand(of))).toMatchObject({ UserStatus: 'CONFIRMED' });
    expect(cloud.mails().at(-1)?.destination.to).toEqual([EMAIL]);
  });

  it('sends nobody to a redirect URI that is not the client’s', async () => {
    const { shown } = await begin(await start(), browser(), 'http://127.0.0.1:9/other');
    expect(shown).toMatchObject({ status: 400 });
  });

  it('asks for a password again after a logout, and not before', async () => {
    const cloud = await start();
    const { submit, open } = await begin(cloud);
    await submit(signIn);
    expect((await begin(cloud, open)).shown.url).toContain('code=');
    const logout = (uri: string) =>
      open(`${cloud.loginUrl}/logout?client_id=${cloud.clientId}&logout_uri=${encodeURIComponent(uri)}`);
    expect((await logout('http://127.0.0.1:9/other')).status).toBe(400);
    expect((await logout(SIGNED_OUT)).url).toBe(SIGNED_OUT);
    expect((await begin(cloud, open)).shown.text).toContain('Sign in');
  });

  it('keeps users and sessions over a restart', async () => {
    const store = openDurableStore();
    const cloud = await start({}, store);
    const { submit, open } = await begin(cloud);
    await submit(signIn);
    await cloud.stop();
    const again = await startCognito(store);
    onTestFinished(() => again.stop());
    expect((await begin(again, open)).shown.url).toContain('code=');
  });
});
