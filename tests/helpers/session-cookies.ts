import { createHmac } from 'node:crypto';
import { flowCookie } from '../../shared/school/session/flow-cookie.ts';
import { sessionCookie } from '../../shared/school/session/session-cookie.ts';
import type { CookieKeys, HmacSha256, Signing } from '../../shared/school/session/signed-cookie.ts';

export const hmac: HmacSha256 = (secret, text) =>
  createHmac('sha256', secret).update(text).digest('base64url');

export const KEYS: CookieKeys = {
  previous: { id: '6', secret: 'previous-'.repeat(4) },
  current: { id: '7', secret: 'current--'.repeat(4) },
  next: { id: '8', secret: 'next-----'.repeat(4) },
};

export const SIGNING: Signing = { keys: KEYS, hmac };

export const OFFICE = {
  sub: '5d1c2f0e-8a41-4c1b-9d6f-0e2b7a9c3d10',
  email: 'thầy.hiệu.trưởng@school.example',
};

export const FLOW = {
  state: 's'.repeat(43),
  nonce: 'n'.repeat(43),
  verifier: 'v'.repeat(64),
  page: 'register',
};

export const EIGHT_HOURS = 8 * 60 * 60;

/** @param issuedAt seconds since 1970 */
export const sessionFrom = (issuedAt: number): string => sessionCookie(OFFICE, issuedAt, SIGNING);

/** @param issuedAt seconds since 1970 */
export const flowFrom = (issuedAt: number): string => flowCookie(FLOW, issuedAt, SIGNING);

/**
 * A cookie whose MAC is right, whatever else is wrong with it.
 *
 * @param parts of the cookie before its MAC
 */
export function authentic(
  parts: readonly (string | number)[],
  { purpose = 'session', secret = KEYS.current.secret } = {},
): string {
  const signed = parts.join('.');
  return `${signed}.${hmac(secret, `${purpose}.${signed}`)}`;
}
