import { RequestRefusedError } from './refusal.ts';

/** 64 KiB. A student takes at most 2 KB of JSON, even with every character escaped. */
export const MAX_BODY_BYTES = 65_536;
const MAX_DEPTH = 8;

export interface Body {
  readonly contentType: string | undefined;
  /** As API Gateway hands it over; null when there is none. */
  readonly content: string | null;
  readonly isBase64Encoded: boolean;
}

/**
 * The JSON object in a request's body.
 *
 * @throws RequestRefusedError UnsupportedMediaType, TooLarge, or BadRequest if it is not an object
 *   in JSON and UTF-8, has a key twice, or is nested too deeply
 */
export function readJsonObject(body: Body): Record<string, unknown> {
  if (!isJson(body.contentType)) {
    throw new RequestRefusedError(
      'UnsupportedMediaType',
      'Send the body with Content-Type: application/json.',
    );
  }
  return parseJsonObject(decode(body));
}

/** JSON is UTF-8 (RFC 8259 §8.1), so no other charset is understood. */
function isJson(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  return (
    type.trim() === 'application/json' &&
    parameters.every(parameter => /^\s*(charset="?utf-?8"?)?\s*$/.test(parameter))
  );
}

function decode({ content, isBase64Encoded }: Body): string {
  const bytes = Buffer.from(content ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new RequestRefusedError('TooLarge', `The body is larger than ${MAX_BODY_BYTES / 1024} KiB.`);
  }
  const text = decodedText(bytes);
  // API Gateway puts it in place of bytes that are not UTF-8.
  if (text.includes(REPLACEMENT)) throw notUtf8();
  return text;
}

const REPLACEMENT = '\uFFFD';

/** Without a byte order mark, which readers may ignore (RFC 8259 §8.1). */
function decodedText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8();
  }
}

const notUtf8 = () => badRequest('The body is not UTF-8. Send it in that encoding.');

/**
 * Like `JSON.parse`, but only for an object, and without duplicate keys, which JSON readers
 * understand differently.
 *
 * @throws RequestRefusedError BadRequest
 */
export function parseJsonObject(text: string): Record<string, unknown> {
  const value = parse(text);
  if (!isObject(value)) throw badRequest('The body must be a JSON object, like {"studentid":"SV005", …}.');
  checkStructure(text);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('The body is not JSON.');
  }
}

/** Strings, and the punctuation of the structure. Numbers and literals do not matter here. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** @param text valid JSON, so that a string before a colon is a key of the innermost object */
function checkStructure(text: string): void {
  const keysPerLevel: Set<string>[] = [];
  let latestString = '';
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') keysPerLevel.push(new Set());
    else if (token === '}' || token === ']') keysPerLevel.pop();
    else if (token === ':') addKey(keysPerLevel.at(-1), latestString);
    else latestString = token;
    if (keysPerLevel.length > MAX_DEPTH)
      throw badRequest(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  }
}

/** Keys are compared decoded: `"a"` and `"\u0061"` are the same. */
function addKey(keys: Set<string> | undefined, quoted: string): void {
  const key: string = JSON.parse(quoted);
  if (keys?.has(key)) throw badRequest(`The key ${JSON.stringify(key.slice(0, 64))} is there twice.`);
  keys?.add(key);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badRequest(message: string): RequestRefusedError {
  return new RequestRefusedError('BadRequest', message);
}
