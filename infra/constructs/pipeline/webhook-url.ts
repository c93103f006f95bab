/*
 * What the URL of a webhook may be: for the construct and for `-c`. Nothing here loads the CDK.
 * Addresses that are private need no rule: the function is in no VPC, so it reaches public ones
 * only.
 */

/** Reached without TLS, in the local cloud. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @returns what is wrong with the URL of a webhook; undefined if nothing is */
export function webhookUrlProblem(url: string): string | undefined {
  const { protocol, hostname, username, password, hash } = URL.canParse(url) ? new URL(url) : NO_URL;
  const isLocal = protocol === 'http:' && LOCAL_HOSTS.includes(hostname);
  if (protocol !== 'https:' && !isLocal)
    return `must be https:// with a host and a path, not ${JSON.stringify(url)}`;
  if (username !== '' || password !== '')
    return 'must hold no password: a receiver knows a webhook by its signature';
  return hash === '' ? undefined : 'must not hold a #: what follows it is never sent';
}

const NO_URL = { protocol: '', hostname: '', username: '', password: '', hash: '' };
