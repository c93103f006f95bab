import { type CookieField, type CookieKind, contentOf, type Signing, signedCookie } from './signed-cookie.ts';

/** Holds a sign-in from its start to its callback. */
export const FLOW_COOKIE = '__Host-flow';

const FLOW: CookieKind = { purpose: 'flow', fieldCount: 4, lifetimeSeconds: 600 };

/** A sign-in on its way. Each field is in base64url's alphabet. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE, RFC 7636. */
  readonly verifier: string;
  /** Which page to come back to, by name: never an address. */
  readonly page: string;
}

/**
 * @param issuedAt seconds since 1970
 * @returns the value of the flow cookie, valid for 600 seconds
 * @throws Error if a field is not in base64url's alphabet, as `signedCookie` does
 */
export function flowCookie(flow: Flow, issuedAt: number, signing: Signing): string {
  const fields = [flow.state, flow.nonce, flow.verifier, flow.page];
  return signedCookie(FLOW, { issuedAt, fields }, signing);
}

/**
 * @param now seconds since 1970
 * @returns the sign-in that the cookie proves to have started here; undefined if it proves none
 */
export function flowIn(cookie: CookieField | undefined, now: number, signing: Signing): Flow | undefined {
  const fields = contentOf(FLOW, cookie, now, signing)?.fields;
  const state = fields?.[0];
  const nonce = fields?.[1];
  const verifier = fields?.[2];
  const page = fields?.[3];
  if (state === undefined || nonce === undefined || verifier === undefined || page === undefined)
    return undefined;
  return { state, nonce, verifier, page };
}
