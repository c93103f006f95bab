import { InvalidSettingsError } from '../errors.ts';
import { type Edge, type EdgeAnswer, MAX_COMPARED_BYTES, type Question } from '../refresh/edge-answer.ts';
import { isServedHeader, type Served } from '../refresh/served.ts';

/** How long an answer may take, redirects and content included. */
const TIMEOUT_MS = 10_000;
/** Redirects that are followed: enough for a scheme, a host and a spelling of the page. */
const MAX_REDIRECTS = 5;
/**
 * A server sends about so much before a client could stop it (ten TCP segments, RFC 6928). Reading
 * it costs nothing more, and keeps the connection.
 */
const SENT_ANYWAY_BYTES = 14_000;

/** What browsers accept of what CloudFront can compress to, and the object as it is stored. */
const ACCEPTED = { browser: 'br, gzip', stored: 'identity' } as const;

/**
 * A distribution as its viewers reach it.
 *
 * @param siteUrl `https://d111111abcdef8.cloudfront.net`, without a slash at the end
 * @param headers of each request. They may be secret, so they are sent to the site's own host alone
 * @throws InvalidSettingsError naming a header whose value HTTP does not allow
 */
export function createEdge(siteUrl: string, headers: Readonly<Record<string, string>> = {}): Edge {
  const site = new URL(siteUrl);
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value);
  /** Nothing is sent in clear that the site itself would encrypt. */
  const isOwn = (url: URL) =>
    url.host === site.host && (url.protocol === 'https:' || url.protocol === site.protocol);

  async function ask(start: URL, question: Question): Promise<EdgeAnswer> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = new Headers(headers);
    sent.set('accept-encoding', ACCEPTED[question.form]);
    const redirects: string[] = [];
    for (let url = start; ; ) {
      const response = await fetch(url.href, { redirect: 'manual', headers: sent, signal });
      const location = locationOf(response);
      if (location === undefined) return await answerOf(response, url, redirects, question);
      await release(response);
      const target = URL.parse(location, url);
      redirects.push(target?.href ?? location);
      if (target === null || !isOwn(target)) {
        return redirected(redirects, `${url.host} redirects to ${target?.origin ?? 'no valid address'}`);
      }
      if (redirects.length > MAX_REDIRECTS) {
        return redirected(redirects, `${url.host} redirects more than ${MAX_REDIRECTS} times`);
      }
      url = target;
    }
  }

  return {
    host: site.host,
    async ask(requestPath, question) {
      const url = new URL(`${siteUrl}${requestPath}`);
      try {
        return await ask(url, question);
      } catch (error) {
        return failureOf(error, url);
      }
    },
  };
}

/** `fetch` would refuse it as well, but with the value in its message. */
function checkHeader(name: string, value: string): void {
  try {
    new Headers({ [name]: value });
  } catch {
    throw new InvalidSettingsError(`The value of the verification header ${name} is not valid in HTTP`);
  }
}

function locationOf({ status, headers }: Response): string | undefined {
  return [301, 302, 303, 307, 308].includes(status) ? (headers.get('location') ?? undefined) : undefined;
}

function redirected(redirects: readonly string[], reason: string): EdgeAnswer {
  return { kind: 'unasked', code: 'redirected', reason, redirects };
}

async function answerOf(
  response: Response,
  { host, href }: URL,
  redirects: readonly string[],
  { withBody }: Question,
): Promise<EdgeAnswer> {
  const { status } = response;
  if (response.ok) {
    const served = servedBy(response);
    const body = withBody ? await bytesOf(response) : await release(response);
    return { kind: 'object', served, redirects, ...(body === undefined ? {} : { body }) };
  }
  await release(response);
  if (status === 404 || status === 410 || isDeniedByS3(response)) return { kind: 'absent', redirects };
  const reason = `${host} answers ${status}`;
  if (status === 401) return { kind: 'unasked', code: 'unauthorized', reason, redirects };
  if (status === 403) return { kind: 'unasked', code: 'forbidden', reason, redirects };
  return { kind: 'none', problem: `${href} answers ${status}` };
}

/**
 * Whether a 403 is S3's own: where it may not list the bucket, a distribution gets that for a
 * missing object. CloudFront passes on who answered. A firewall, signed URLs and geographic
 * restrictions answer in CloudFront's name
 * (https://repost.aws/knowledge-center/cloudfront-troubleshoot-403-errors), and a policy may remove
 * the name, but not S3's other headers.
 */
function isDeniedByS3({ status, headers }: Response): boolean {
  if (status !== 403) return false;
  const server = headers.get('server');
  return server === null ? headers.has('x-amz-request-id') : server === 'AmazonS3';
}

function servedBy({ headers: all }: Response): Served {
  const headers = Object.fromEntries([...all].filter(([name]) => isServedHeader(name)));
  const lastModified = all.get('last-modified') ?? '';
  const { etag = '', 'content-encoding': encoding = '', ...others } = headers;
  // S3's ETags are strong. CloudFront weakens the ETag of what it compresses, and adds the
  // encoding.
  const isCompressedByEdge = !etag.startsWith('"') && ['br', 'gzip'].includes(encoding);
  return {
    headers: {
      ...others,
      ...(etag === '' ? {} : { etag: etag.replace(/^W\//, '') }),
      ...(encoding === '' || isCompressedByEdge ? {} : { 'content-encoding': encoding }),
    },
    lastModified,
  };
}

/** The content, decoded; undefined if it is too long to be compared. */
async function bytesOf({ body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_COMPARED_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Leaves the content unread, as far as that saves anything. */
async function release(response: Response): Promise<undefined> {
  const length = Number(response.headers.get('content-length') ?? Number.POSITIVE_INFINITY);
  if (length <= SENT_ANYWAY_BYTES) await response.arrayBuffer();
  else await response.body?.cancel();
}

/** Errors by which Node tells that a certificate is not trusted, expired or another host's. */
const CERTIFICATE = /CERT|UNABLE_TO_(?:GET|VERIFY)|HOSTNAME_MISMATCH/;

function failureOf(error: unknown, { host, href }: URL): EdgeAnswer {
  if (!(error instanceof Error)) throw error;
  const cause = rootOf(error);
  const code = 'code' in cause ? String(cause.code) : '';
  const unasked = { kind: 'unasked', code: 'no-address', redirects: [] } as const;
  if (code === 'ENOTFOUND') return { ...unasked, reason: `${host} has no address` };
  if (CERTIFICATE.test(code)) {
    return { ...unasked, reason: `the certificate of ${host} is not valid: ${cause.message}` };
  }
  const reason = cause.name === 'TimeoutError' ? `nothing within ${TIMEOUT_MS / 1000} s` : cause.message;
  return { kind: 'none', problem: `${href} did not answer: ${reason}` };
}

/**
 * The error of `fetch` says only that it failed; its cause says why. For a host with several
 * addresses, the cause lists what happened at each.
 */
function rootOf(error: Error): Error {
  const cause = error instanceof AggregateError ? error.errors[0] : error.cause;
  return cause instanceof Error ? rootOf(cause) : error;
}
