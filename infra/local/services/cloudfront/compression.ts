import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Encoding } from './forwarding.ts';
import { header, type OriginResponse, without } from './messages.ts';

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
 */
const MIN_BYTES = 1000;
const MAX_BYTES = 10_000_000;

const COMPRESSIBLE = new Set([
  ...['css', 'csv', 'html', 'javascript', 'js', 'plain', 'richtext', 'tab-separated-values', 'xml'].map(
    type => `text/${type}`,
  ),
  ...['x-component', 'x-java-source', 'x-script'].map(type => `text/${type}`),
  ...['dash+xml', 'eot', 'font', 'font-sfnt', 'javascript', 'json', 'opentype', 'otf', 'pkcs7-mime'].map(
    type => `application/${type}`,
  ),
  ...['protobuf', 'rss+xml', 'truetype', 'ttf', 'vnd.apple.mpegurl', 'vnd.ms-fontobject', 'wasm'].map(
    type => `application/${type}`,
  ),
  ...['xhtml+xml', 'xml', 'x-font-opentype', 'x-font-truetype', 'x-font-ttf', 'x-httpd-cgi'].map(
    type => `application/${type}`,
  ),
  ...['x-javascript', 'x-mpegurl', 'x-opentype', 'x-otf', 'x-perl', 'x-ttf'].map(
    type => `application/${type}`,
  ),
  ...['eot', 'opentype', 'otf', 'ttf'].map(type => `font/${type}`),
  'image/svg+xml',
  'vnd.apple.mpegurl',
]);

const compress = { gzip: promisify(gzip), br: promisify(brotliCompress) };
/**
 * Brotli's default (11) is for files compressed in advance; an edge compresses while the viewer
 * waits.
 */
const FAST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/**
 * Compresses the response if the viewer accepts it and CloudFront would. A strong ETag becomes
 * weak.
 */
export async function compressed(
  response: OriginResponse,
  accepted: readonly Encoding[],
): Promise<OriginResponse> {
  const [encoding] = accepted;
  if (encoding === undefined || !isCompressible(response)) return response;
  const body =
    encoding === 'br' ? await compress.br(response.body, FAST_BROTLI) : await compress.gzip(response.body);
  const etag = header(response.headers, 'etag');
  return {
    status: response.status,
    headers: {
      ...without(response.headers, 'etag'),
      ...(etag === undefined ? {} : weakETag(etag)),
      'content-encoding': encoding,
      vary: [header(response.headers, 'vary'), 'Accept-Encoding'].filter(Boolean).join(', '),
    },
    body,
  };
}

function isCompressible(response: OriginResponse): boolean {
  const type = (header(response.headers, 'content-type') ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  return (
    response.status === 200 &&
    header(response.headers, 'content-encoding') === undefined &&
    COMPRESSIBLE.has(type) &&
    response.body.length >= MIN_BYTES &&
    response.body.length <= MAX_BYTES
  );
}

function weakETag(etag: string): { etag?: string } {
  if (etag.startsWith('W/')) return { etag };
  return etag.startsWith('"') ? { etag: `W/${etag}` } : {};
}
