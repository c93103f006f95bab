import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AwsError } from '../../kernel/aws-api.ts';

/** Defaults of the API reference, PasswordPolicyType: eight characters, no kind required. */
export const PasswordPolicySchema = z.strictObject({
  MinimumLength: z.coerce.number().int().min(6).max(99).default(8),
  RequireLowercase: z.boolean().default(false),
  RequireNumbers: z.boolean().default(false),
  RequireSymbols: z.boolean().default(false),
  RequireUppercase: z.boolean().default(false),
  /** Days. */
  TemporaryPasswordValidityDays: z.coerce.number().int().min(0).max(365).default(7),
});
export type PasswordPolicy = z.output<typeof PasswordPolicySchema>;

/** Developer guide, "Adding user pool password requirements". */
const SYMBOLS = '^$*.[]{}()?-"!@#%&/\\,><\':;|_~`+=';

/** @throws AwsError InvalidPasswordException saying which rule of the policy it breaks */
export function checkPassword(password: string, policy: PasswordPolicy): void {
  const rules: readonly (readonly [boolean, string])[] = [
    [password.length >= policy.MinimumLength, 'Password not long enough'],
    // Cognito takes 256 characters at most: API reference, PasswordType.
    [password.length <= 256, 'Password too long'],
    [!policy.RequireUppercase || /[A-Z]/.test(password), 'Password must have uppercase characters'],
    [!policy.RequireLowercase || /[a-z]/.test(password), 'Password must have lowercase characters'],
    [!policy.RequireNumbers || /\d/.test(password), 'Password must have numeric characters'],
    [
      !policy.RequireSymbols || [...password].some(each => SYMBOLS.includes(each)),
      'Password must have symbol characters',
    ],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken !== undefined)
    throw new AwsError(
      'InvalidPasswordException',
      `Password did not conform with password policy: ${broken[1]}`,
    );
}

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const HASH_BYTES = 32;

/** @returns salt and scrypt hash, in one string */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('base64url')}.${(await derive(password, salt, HASH_BYTES)).toString('base64url')}`;
}

/** A hash that no password has, so that an unknown user takes as long to refuse as a known one. */
const NO_PASSWORD = `${'A'.repeat(22)}.${'A'.repeat(43)}`;

export async function isPassword(password: string, hash = NO_PASSWORD): Promise<boolean> {
  const [salt = '', expected = ''] = hash.split('.');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), HASH_BYTES);
  return timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
}

/** A temporary password that any policy takes. */
export function generatePassword({ MinimumLength }: PasswordPolicy): string {
  const kinds = ['abcdefghijkmnopqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '!#%*-_+='];
  const pick = (characters: string) => characters.charAt(randomInt(characters.length));
  const all = kinds.join('');
  const more = Array.from({ length: Math.max(MinimumLength, 12) - kinds.length }, () => pick(all));
  return [...kinds.map(pick), ...more].join('');
}
