import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The stored bytes of one backup, from the start each time it is called. */
export type Content = () => AsyncIterable<Uint8Array>;

export function gunzip(compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(compressed), createGunzip(), () => undefined);
}
