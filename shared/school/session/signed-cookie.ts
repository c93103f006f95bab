/*
 * CloudFront Functions run what the edge needs of this folder. So there are no imports from outside
 * it, and the syntax is that of ES5 with `const`, `let`, arrow functions and template strings:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */

/** A secret of one generation. */
export interface CookieKey {
  /** Names the key in the cookies that it signs: one to six digits. */
  readonly id: string;
  /** At least 32 characters. A shorter one signs nothing and verifies nothing. */
  readonly secret: string;
}

/**
 * The current key signs. All three verify, so that a rotation refuses nobody while it reaches one
 * edge after the other.
 */
export interface CookieKeys {
  readonly previous: CookieKey;
  readonly current: CookieKey;
  readonly next: CookieKey;
}

/** HMAC-SHA256 of UTF-8 text, as base64url without padding. */
export type HmacSha256 = (secret: string, text: string) => string;

export interface Signing {
  readonly keys: CookieKeys;
  readonly hmac: HmacSha256;
}

/** What a cookie is for, which its MAC covers: a cookie of one kind is never one of another. */
export interface CookieKind {
  readonly purpose: 'session' | 'flow';
  /** How many fields it carries. */
  readonly fieldCount: number;
  readonly lifetimeSeconds: number;
}

export interface SignedContent {
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Each in base64url's alphabet, and not empty. */
  readonly fields: readonly string[];
}

/** A cookie as an event of CloudFront Functions holds it. */
export interface CookieField {
  readonly value: string;
  /** Every value, if the viewer sent several cookies of this name. */
  readonly multiValue?: readonly { readonly value: string }[] | undefined;
}

const MAX_COOKIE_BYTES = 1024;
const MIN_SECRET_LENGTH = 32;
/** How far the clocks of the signer and of an edge may differ. */
const CLOCK_SKEW_SECONDS = 60;

/** `v1.kid.iat.exp.field….mac` */
const SIGNED = /^v1\.[0-9]{1,6}\.[0-9]{10}\.[0-9]{10}(?:\.[A-Za-z0-9_-]+)+\.[A-Za-z0-9_-]{43}$/;
/** Parts before the fields. */
const HEAD_PARTS = 4;

/**
 * @returns the cookie's value, signed with the current key and valid for its kind's lifetime
 * @throws Error if it is one that no edge would accept: a field or a key is malformed, or it is too
 * long
 */
export function signedCookie(kind: CookieKind, content: SignedContent, signing: Signing): string {
  const key = signing.keys.current;
  const issuedAt = content.issuedAt;
  const head = `v1.${key.id}.${issuedAt}.${issuedAt + kind.lifetimeSeconds}`;
  const signed = `${head}.${content.fields.join('.')}`;
  const value = `${signed}.${signing.hmac(key.secret, `${kind.purpose}.${signed}`)}`;
  if (contentOf(kind, { value }, issuedAt, signing) === undefined)
    throw new Error(`Not what a ${kind.purpose} cookie can carry`);
  return value;
}

/**
 * @param now seconds since 1970
 * @returns what the cookie carries; undefined if it is missing, sent twice, malformed, forged, of
 * another kind, expired or from the future
 */
export function contentOf(
  kind: CookieKind,
  cookie: CookieField | undefined,
  now: number,
  signing: Signing,
): SignedContent | undefined {
  if (cookie === undefined || cookie.multiValue !== undefined) return undefined;
  const value = cookie.value;
  // The pattern lets only ASCII pass, where characters are bytes.
  if (value.length > MAX_COOKIE_BYTES || !SIGNED.test(value)) return undefined;
  const parts = value.split('.');
  if (parts.length !== HEAD_PARTS + kind.fieldCount + 1) return undefined;
  if (!isAuthentic(kind, value, parts[1], signing)) return undefined;
  const issuedAt = Number(parts[2]);
  const expiresAt = Number(parts[3]);
  const isInTime =
    issuedAt <= now + CLOCK_SKEW_SECONDS && now < expiresAt && expiresAt - issuedAt <= kind.lifetimeSeconds;
  return isInTime ? { issuedAt, fields: parts.slice(HEAD_PARTS, -1) } : undefined;
}

function isAuthentic(kind: CookieKind, value: string, keyId: string | undefined, signing: Signing): boolean {
  const keys = [signing.keys.previous, signing.keys.current, signing.keys.next];
  // The id comes from the viewer. It is compared and never an index: `__proto__` names no key.
  const key = keys.find(each => each.id === keyId);
  // A setting that resolved to nothing would be a key that everybody knows.
  if (key === undefined || key.secret.length < MIN_SECRET_LENGTH) return false;
  const end = value.lastIndexOf('.');
  const expected = signing.hmac(key.secret, `${kind.purpose}.${value.slice(0, end)}`);
  return areEqual(expected, value.slice(end + 1));
}

/**
 * Takes as long wherever two strings differ, so that time tells nothing about a MAC. CloudFront
 * Functions have no `timingSafeEqual`.
 */
function areEqual(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++)
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  return difference === 0;
}
