import type { Writable } from 'node:stream';

/** A stream that may be a terminal, as `process.stdout` is. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };
