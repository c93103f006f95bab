import { type CookieField, type CookieKind, contentOf, type Signing, signedCookie } from './signed-cookie.ts';

/**
 * With this prefix, browsers take it only over HTTPS, for this host alone and for all its paths:
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export const SESSION_COOKIE = '__Host-session';

const SESSION: CookieKind = { purpose: 'session', fieldCount: 2, lifetimeSeconds: 8 * 60 * 60 };

/** Somebody who signed in. */
export interface User {
  /** The user pool's own id, which never changes and is never given again. */
  readonly sub: string;
  readonly email: string;
}

export interface Session {
  readonly sub: string;
  /** In base64url of UTF-8. */
  readonly encodedEmail: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

/**
 * @param issuedAt seconds since 1970
 * @returns the value of the session cookie of somebody who just signed in, valid for 8 hours
 * @throws Error if no edge would accept it, as `signedCookie` does
 */
export function sessionCookie(user: User, issuedAt: number, signing: Signing): string {
  const fields = [user.sub, Buffer.from(user.email, 'utf8').toString('base64url')];
  return signedCookie(SESSION, { issuedAt, fields }, signing);
}

/**
 * @param now seconds since 1970
 * @returns the session that the cookie proves; undefined if it proves none
 */
export function sessionIn(
  cookie: CookieField | undefined,
  now: number,
  signing: Signing,
): Session | undefined {
  const content = contentOf(SESSION, cookie, now, signing);
  const sub = content?.fields[0];
  const encodedEmail = content?.fields[1];
  if (content === undefined || sub === undefined || encodedEmail === undefined) return undefined;
  return { sub, encodedEmail, issuedAt: content.issuedAt };
}

/** Tells the API who asks. The edge alone sets it, for requests with a session. */
export const USER_HEADER = 'x-user';

/** @returns the header's value, `sub.b64url(email).iat` */
export function userHeaderOf(session: Session): string {
  return `${session.sub}.${session.encodedEmail}.${session.issuedAt}`;
}
