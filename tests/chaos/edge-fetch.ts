import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { actAs, currentActor, waitFor } from './actors.ts';
import { output } from './stack.ts';

const realFetch = globalThis.fetch;

/**
 * A fetch of a function's reaches the edge without a connection; whatever else is fetched, such as
 * the inbox, is really there.
 */
export async function edgeOrNetwork(
  cloud: LocalCloud,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const site = [cloud.siteUrl, `https://${publicDomainOf(cloud)}`].find(each => url.startsWith(`${each}/`));
  if (site === undefined) return realFetch(url, init);
  const request = {
    method: init.method ?? 'GET',
    url: url.slice(site.length),
    headers: { host: '127.0.0.1', ...Object.fromEntries(new Headers(init.headers)) },
    body: Buffer.alloc(0),
  };
  const { status, headers, body } = await waitFor(
    currentActor(),
    actAs(undefined, () => cloud.request(request)),
  );
  return new Response(decoded(body, headers['content-encoding']), { status, headers });
}

/** Where the distribution is on AWS: its functions ask for it there. */
export function publicDomainOf(cloud: LocalCloud): string {
  return `d${output(cloud, 'DistributionId').slice(1).toLowerCase()}.cloudfront.net`;
}

/** As `fetch` hands content over. */
function decoded(body: Buffer, encoding: string | undefined): Uint8Array<ArrayBuffer> {
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''];
  return new Uint8Array(decode === undefined ? body : decode(body));
}
