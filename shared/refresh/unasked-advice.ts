import type { UnaskedCode } from './unasked.ts';

const OR_OFF = 'If that is not possible, switch verification off (`verify: false`).';

/** What to do when the edge could not be asked, by its reason: for mails and the cache panel. */
const ADVICE: Readonly<Record<UnaskedCode, string>> = {
  unauthorized: `The site asks for a password. Keep a header that opens it in Secrets Manager, and name it in \`verificationHeaders\`. ${OR_OFF}`,
  forbidden: `A firewall or a function refuses the request. Let requests with a secret header pass, and name it in \`verificationHeaders\`. ${OR_OFF}`,
  signed: `Viewers need signed URLs or cookies there, so nobody can ask without. Keep a signed cookie (\`CloudFront-Policy\`, \`CloudFront-Signature\` and \`CloudFront-Key-Pair-Id\`) in Secrets Manager, and name it as the header cookie in \`verificationHeaders\`. ${OR_OFF}`,
  redirected: `The site sends the request elsewhere. Set \`url\` to the address that visitors use. If it is a sign-in page, name a header that opens the site in \`verificationHeaders\`. ${OR_OFF}`,
  'no-address': `The site cannot be reached under this address. Set \`url\` to the one that visitors use, or correct its DNS records or its certificate. ${OR_OFF}`,
  altered: `Something between the bucket and the visitors changes the content, such as a function. If it should not, remove it. If it should, switch verification off (\`verify: false\`).`,
  off: 'Verification is off (`verify: false`), so nobody has checked what visitors get. There is nothing to do.',
};

/** Says what to do. Names of options are in backquotes. */
export function adviceOnUnasked(code: UnaskedCode): string {
  return ADVICE[code];
}
