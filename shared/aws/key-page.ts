import type { KeyPage } from '../planning/plan-by-listing.ts';

/** What is to be found in an answer to ListObjectsV2 with `EncodingType=url`, in any order. */
const LISTING = '<ListBucketResult';
const ENCODED = '<EncodingType>url</EncodingType>';
const TRUNCATED = '<IsTruncated>true</IsTruncated>';
const KEY = { start: '<Key>', end: '</Key>' };

/** Bytes at the end of a chunk in which one of these may have begun. */
const LONGEST_TAG = ENCODED.length - 1;

/**
 * Takes the keys out of an answer to ListObjectsV2 while it arrives, and keeps nothing else of it.
 * An answer is some 400 KB long, and fifty are under way at once.
 */
export class KeyPageReader {
  readonly #keys: string[] = [];
  readonly #seen = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): void {
    const xml = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (const tag of [LISTING, ENCODED, TRUNCATED]) if (xml.includes(tag)) this.#seen.add(tag);
    this.#rest = this.#seen.has(LISTING) ? xml.subarray(this.#takeKeys(xml)) : xml;
  }

  /** Undefined for anything but a page of encoded keys. */
  get page(): KeyPage | undefined {
    const isPage = this.#seen.has(LISTING) && this.#seen.has(ENCODED);
    return isPage ? { keys: this.#keys, isLast: !this.#seen.has(TRUNCATED) } : undefined;
  }

  /** The whole answer, if it is not a listing: S3 may also answer 200 with an error. */
  get other(): Buffer | undefined {
    return this.#seen.has(LISTING) ? undefined : this.#rest;
  }

  /** Returns where the next chunk has to be joined to this one. */
  #takeKeys(xml: Buffer): number {
    let read = 0;
    for (;;) {
      const start = xml.indexOf(KEY.start, read);
      if (start < 0) return Math.max(read, xml.length - LONGEST_TAG);
      const end = xml.indexOf(KEY.end, start);
      if (end < 0) return start;
      // Percent-encoded, keys are ASCII. A part of a string would keep all of it in memory.
      this.#keys.push(decodeKey(xml.toString('latin1', start + KEY.start.length, end)));
      read = end;
    }
  }
}

/** As in a form: a space is a plus sign, and everything unusual is percent-encoded. */
function decodeKey(encoded: string): string {
  return /[%+]/.test(encoded) ? decodeURIComponent(encoded.replaceAll('+', ' ')) : encoded;
}
