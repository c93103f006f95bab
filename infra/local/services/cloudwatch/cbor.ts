/** CBOR (RFC 8949) as far as the Smithy RPC v2 protocol needs it. */

/** What is encoded: JSON's values, and dates as epoch seconds (tag 1). */
export type CborValue =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly CborValue[]
  | { readonly [name: string]: CborValue };

const TYPE = { unsigned: 0, negative: 1, text: 3, list: 4, map: 5, tag: 6, simple: 7 } as const;
const EPOCH_TAG = 1;
const INDEFINITE = 31;
const SIMPLE = { false: 20, true: 21, null: 22, float: 27 } as const;

export function encodeCbor(value: CborValue): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([head(TYPE.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'boolean') return head(TYPE.simple, value ? SIMPLE.true : SIMPLE.false);
  if (value === null) return head(TYPE.simple, SIMPLE.null);
  if (value instanceof Date)
    return Buffer.concat([head(TYPE.tag, EPOCH_TAG), encodeNumber(value.getTime() / 1000)]);
  if (isList(value)) return Buffer.concat([head(TYPE.list, value.length), ...value.map(encodeCbor)]);
  const members = Object.entries(value);
  return Buffer.concat([head(TYPE.map, members.length), ...members.flat().map(encodeCbor)]);
}

function isList(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 32)
    return value < 0 ? head(TYPE.negative, -1 - value) : head(TYPE.unsigned, value);
  const float = Buffer.alloc(9);
  float.writeUInt8((TYPE.simple << 5) | SIMPLE.float);
  float.writeDoubleBE(value, 1);
  return float;
}

/** The first bytes of an item: its type, and its value or length, below 2³². */
function head(type: number, argument: number): Buffer {
  const first = type << 5;
  if (argument < 24) return Buffer.from([first | argument]);
  if (argument < 2 ** 8) return Buffer.from([first | 24, argument]);
  const long = argument >= 2 ** 16;
  const bytes = Buffer.alloc(long ? 5 : 3);
  bytes.writeUInt8(first | (long ? 26 : 25));
  if (long) bytes.writeUInt32BE(argument, 1);
  else bytes.writeUInt16BE(argument, 1);
  return bytes;
}

/** @throws RangeError for what no request to the local cloud holds: byte strings, floats, chunked text */
export function decodeCbor(bytes: Buffer): unknown {
  let at = 0;

  function argumentOf(info: number): number {
    if (info < 24) return info;
    const length = { 24: 1, 25: 2, 26: 4 }[info];
    if (length === undefined) throw new RangeError(`CBOR with ${info} as additional information`);
    at += length;
    return bytes.readUIntBE(at - length, length);
  }

  /** The end of a list or map whose length is not told. */
  function takesBreak(): boolean {
    const isBreak = bytes[at] === 0xff;
    if (isBreak) at += 1;
    return isBreak;
  }

  function items<T>(info: number, item: () => T): T[] {
    const found: T[] = [];
    if (info === INDEFINITE) while (!takesBreak()) found.push(item());
    else for (let left = argumentOf(info); left > 0; left -= 1) found.push(item());
    return found;
  }

  function text(info: number): string {
    const length = argumentOf(info);
    at += length;
    return bytes.toString('utf8', at - length, at);
  }

  function item(): unknown {
    const first = bytes.readUInt8(at);
    at += 1;
    const info = first & 0x1f;
    switch (first >> 5) {
      case TYPE.unsigned:
        return argumentOf(info);
      case TYPE.negative:
        return -1 - argumentOf(info);
      case TYPE.text:
        return text(info);
      case TYPE.list:
        return items(info, item);
      case TYPE.map:
        return Object.fromEntries(items(info, () => [String(item()), item()]));
      case TYPE.simple:
        if (info === SIMPLE.false || info === SIMPLE.true) return info === SIMPLE.true;
        if (info === SIMPLE.null) return null;
    }
    throw new RangeError(`CBOR of type ${first >> 5}`);
  }

  return item();
}
