import type { AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';

/** What S3 encodes of a list of objects: API reference, ListObjectsV2. */
const ENCODED = /<(Key|Prefix|Delimiter|StartAfter|Marker|NextMarker)>([^<]*)<\/\1>/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

/**
 * Lists with `encoding-type=url`, which fauxqs ignores: names may hold characters that XML cannot.
 * Spaces become plus signs, as in forms.
 */
export function withEncodingType(s3: AwsService): AwsService {
  return async request => {
    const response = await s3(request);
    const { key, query } = s3Address(request);
    const isList = request.method === 'GET' && key === '' && response.status === 200;
    if (!isList || query.get('encoding-type') !== 'url') return response;
    const xml = Buffer.from(response.body ?? '').toString();
    const body = xml
      .replaceAll(ENCODED, (_, element, text) => `<${element}>${encoded(text)}</${element}>`)
      .replace('</ListBucketResult>', '<EncodingType>url</EncodingType></ListBucketResult>');
    const { 'content-length': _, ...headers } = response.headers ?? {};
    return { ...response, headers, body };
  };
}

function encoded(text: string): string {
  const name = text.replaceAll(/&\w+;/g, entity => ENTITIES[entity] ?? entity);
  return encodeURIComponent(name)
    .replaceAll(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
