/**
 * What the options `url` and `verificationHeaders` may be: for the construct and for `-c`. Nothing
 * here loads the CDK.
 */

/** The hosts that a site may be asked at without TLS. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** @returns what is wrong with the URL of a site, and what to write; undefined if nothing is */
export function siteUrlProblem(url: string): string | undefined {
  const written = /^[a-z][a-z+.-]*:\/\//i.test(url) ? url : `https://${url}`;
  const site = URL.canParse(written) ? new URL(written) : undefined;
  if (site === undefined || site.host === '' || !/^https?:$/.test(site.protocol))
    return `must be a URL such as https://www.example.com, not ${JSON.stringify(url)}`;
  const isLocal = LOCAL_HOSTS.includes(site.hostname);
  const right = `${isLocal ? site.protocol : 'https:'}//${site.host}`;
  if (url === right) return undefined;
  return `must be https:// and a host, without a path or a / at the end: write ${right}, not ${JSON.stringify(url)}`;
}

/** A token of HTTP: RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** Headers that say how one connection works, and never reach the site: RFC 9110, section 7.6.1. */
const OF_THE_CONNECTION = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers that another answer than the whole object would follow from. */
const OF_THE_ANSWER = [
  'accept-encoding',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
];

/** @returns what is wrong with the name of a verification header; undefined if nothing is */
export function headerNameProblem(name: string): string | undefined {
  const written = name.toLowerCase();
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is not the name of a header`;
  if (written === 'host') return `${name} cannot be set: set the option url instead`;
  if (OF_THE_CONNECTION.includes(written))
    return `${name} cannot be set: it belongs to the connection, and does not reach the site`;
  if (OF_THE_ANSWER.includes(written))
    return `${name} cannot be set: verification chooses which form of an object it asks for`;
  return undefined;
}
