import { domainsOf } from './email-address.ts';

/** An address or a domain that SES knows, in one region. */
export interface SenderIdentity {
  readonly isVerified: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface KnownIdentities {
  /** @param name an address or a domain */
  find(name: string): Promise<SenderIdentity | undefined>;
}

/** Whether SES sends from an address: `unknown` if it knows neither the address nor its domain. */
export type SenderState = 'verified' | 'unverified' | 'unknown';

/** An address that is not verified itself may still be sent from if its domain is. */
export async function senderState(address: string, identities: KnownIdentities): Promise<SenderState> {
  const own = await identities.find(address);
  if (own?.isVerified || (await hasVerifiedDomain(address, identities))) return 'verified';
  return own === undefined ? 'unknown' : 'unverified';
}

export async function hasVerifiedDomain(address: string, identities: KnownIdentities): Promise<boolean> {
  for (const domain of domainsOf(address)) {
    if ((await identities.find(domain))?.isVerified) return true;
  }
  return false;
}

/**
 * What the state means, and what to do about it. `CreateEmailIdentity` sends the link once; only
 * `VerifyEmailIdentity` of SES v1 sends it again (SES API reference).
 */
export function describeSender(state: SenderState, address: string, region: string): string {
  const link = `aws ses verify-email-identity --email-address ${address} --region ${region}`;
  switch (state) {
    case 'verified':
      return `SES sends from ${address}`;
    case 'unverified':
      return `SES does not send from ${address} yet: follow the link that it mailed there. The link is valid for 24 hours; for a new one: ${link}`;
    case 'unknown':
      return `SES does not know ${address} in ${region}: verify its domain, or the address: ${link}`;
  }
}
