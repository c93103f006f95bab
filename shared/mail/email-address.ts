/** The longest address that SMTP can carry (RFC 5321, erratum 1690). */
export const MAX_EMAIL_LENGTH = 254;

/** An RFC 5322 dot-atom at a domain of at least two labels: narrower than the RFC, like SES. */
const EMAIL =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/i;

/** Whether text is exactly one address, without display name, comments or line breaks. */
export function isEmailAddress(text: string): boolean {
  return text.length <= MAX_EMAIL_LENGTH && EMAIL.test(text);
}

/**
 * The domain of an address and its parent domains, the longest first. SES sends from every address
 * of a verified domain and of its subdomains (SES developer guide, "Creating and verifying
 * identities").
 */
export function domainsOf(address: string): string[] {
  const labels = address.slice(address.lastIndexOf('@') + 1).split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}
