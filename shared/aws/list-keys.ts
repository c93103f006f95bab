import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { KeyPage, PageStart } from '../planning/plan-by-listing.ts';

/**
 * Reads one page of keys. The SDK's reader takes 44 ms of processor time for a page of a thousand
 * objects, and a site may have ten thousand pages. Taking the keys alone, before the SDK reads the
 * answer, takes 2 ms; signing, retries and errors are still the SDK's.
 */
export async function listKeys(
  client: S3Client,
  bucket: string,
  { prefix, startAfter }: PageStart,
): Promise<KeyPage> {
  const command = new ListObjectsV2Command({
    Bucket: bucket,
    Prefix: prefix,
    ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
    // Keys may hold characters that XML cannot.
    EncodingType: 'url',
  });
  let page: KeyPage | undefined;
  command.middlewareStack.add(
    next => async args => {
      const result = await next(args);
      const { response } = result;
      if (!isListing(response) || !(response.body instanceof Readable)) return result;
      const xml = await buffer(response.body);
      page = pageIn(xml);
      response.body = page === undefined ? xml : EMPTY_PAGE;
      return result;
    },
    // Inside of whatever else of the SDK looks at answers.
    { name: 'readKeysOnly', step: 'deserialize', priority: 'low' },
  );
  await client.send(command);
  if (page === undefined) throw new Error(`S3 lists ${bucket} in a form that is not understood`);
  return page;
}

/** What the SDK is given to read instead. */
const EMPTY_PAGE = Buffer.from('<ListBucketResult/>');

/** A successful answer. */
function isListing(response: unknown): response is { body: unknown } {
  if (typeof response !== 'object' || response === null) return false;
  return 'body' in response && 'statusCode' in response && response.statusCode === 200;
}

/**
 * Undefined for anything but a page of encoded keys: S3 may also answer 200 with an error. The keys
 * are cut out of the bytes. A part of a string would keep all of it in memory.
 */
function pageIn(xml: Buffer): KeyPage | undefined {
  if (!xml.includes('<EncodingType>url</EncodingType>')) return undefined;
  const keys: string[] = [];
  for (let start = xml.indexOf(KEY.start); start >= 0; start = xml.indexOf(KEY.start, start)) {
    const end = xml.indexOf(KEY.end, start);
    // Percent-encoded, they are ASCII.
    keys.push(decodeKey(xml.toString('latin1', start + KEY.start.length, end)));
    start = end;
  }
  return { keys, isLast: !xml.includes('<IsTruncated>true</IsTruncated>') };
}

const KEY = { start: '<Key>', end: '</Key>' };

/** As in a form: a space is a plus sign, and everything unusual is percent-encoded. */
function decodeKey(encoded: string): string {
  return /[%+]/.test(encoded) ? decodeURIComponent(encoded.replaceAll('+', ' ')) : encoded;
}
