import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretProp, SecretUnusableError } from '../errors.ts';
import type { SecretValue } from '../sites/told.ts';

/** How long a value is used before it is read again: a changed secret is in use after that. */
const KEPT_MS = 5 * 60_000;

/** What a header may hold: RFC 9110, section 5.5, as far as `fetch` can send it. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

export interface SecretValues {
  /**
   * Reads a value.
   *
   * @throws SecretUnusableError naming the secret, and what to do, but nothing of the value
   */
  valueOf(value: SecretValue): Promise<string>;
  /**
   * Reads the values of headers.
   *
   * @throws SecretUnusableError as `valueOf`
   */
  headersOf(headers: Readonly<Record<string, SecretValue>>): Promise<Record<string, string>>;
}

interface SecretValuesOptions {
  readonly client?: SecretsManagerClient;
  /** Milliseconds since any moment. */
  readonly now?: () => number;
  /** The prop that names the secrets, for errors. @default 'verificationHeaders' */
  readonly prop?: SecretProp;
}

export function createSecretValues({
  client = new SecretsManagerClient({}),
  now = Date.now,
  prop = 'verificationHeaders',
}: SecretValuesOptions = {}): SecretValues {
  const kept = new Map<string, { readonly text: string; readonly until: number }>();
  const unusable = (secret: string, advice: string, options: ErrorOptions = {}) =>
    new SecretUnusableError(secret, advice, { prop, ...options });

  async function read(SecretId: string): Promise<string | undefined> {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    } catch (error) {
      const advice = error instanceof Error ? ADVICE[error.name]?.(SecretId, prop) : undefined;
      throw advice === undefined ? error : unusable(SecretId, advice, { cause: error });
    }
  }

  async function textOf(secret: string): Promise<string> {
    const known = kept.get(secret);
    if (known !== undefined && now() < known.until) return known.text;
    const text = await read(secret);
    if (text === undefined) throw unusable(secret, `It holds bytes. Store a string: ${put(secret, 'VALUE')}`);
    kept.set(secret, { text, until: now() + KEPT_MS });
    return text;
  }

  /** It may be empty. */
  async function trimmed({ secret, field }: SecretValue): Promise<string> {
    const text = await textOf(secret);
    if (field === undefined) return text.trim();
    const member = memberOf(text, field);
    if (member !== undefined) return member.trim();
    const written = put(secret, JSON.stringify({ [field]: 'VALUE' }));
    throw unusable(secret, `It is no JSON with a string ${field}. Store it: ${written}`);
  }

  return {
    async valueOf(named) {
      const value = await trimmed(named);
      if (value !== '') return value;
      throw unusable(named.secret, `It is empty. Store another: ${put(named.secret, 'VALUE')}`);
    },

    async headersOf(headers) {
      const values: Record<string, string> = {};
      for (const [name, named] of Object.entries(headers)) {
        const value = await trimmed(named);
        if (!HEADER_VALUE.test(value)) throw unusable(named.secret, unfit(name, named.secret));
        values[name] = value;
      }
      return values;
    },
  };
}

const DENIED = (secret: string, prop: SecretProp) =>
  `There is none, or the ${READER[prop]} function may not read it. To look: aws secretsmanager describe-secret --secret-id ${secret}. Deploy again with this secret in ${prop}; if it has a KMS key of its own, with that key as its encryptionKey.`;

const READER: Readonly<Record<SecretProp, string>> = { verificationHeaders: 'verifying', webhook: 'sending' };

/** By Secrets Manager's errors: API reference, GetSecretValue. */
const ADVICE: Readonly<Record<string, (secret: string, prop: SecretProp) => string>> = {
  ResourceNotFoundException: secret =>
    `There is no such secret in this region. Create it: aws secretsmanager create-secret --name ${secret} --secret-string VALUE`,
  AccessDeniedException: DENIED,
  DecryptionFailure: DENIED,
  InvalidRequestException: secret =>
    `It is marked for deletion. Restore it: aws secretsmanager restore-secret --secret-id ${secret}`,
};

/** The member as a string; undefined if there is none. */
function memberOf(text: string, field: string): string | undefined {
  const member = membersOf(text)?.[field];
  return typeof member === 'string' || typeof member === 'number' ? String(member) : undefined;
}

/** The error of JSON.parse is dropped: its message quotes the text. */
function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function unfit(header: string, secret: string): string {
  const why = `It cannot be the value of the header ${header}: it is empty, or has characters that no header may hold, such as line breaks.`;
  return `${why} Store another: ${put(secret, 'VALUE')}`;
}

const put = (secret: string, value: string) =>
  `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string '${value}'`;
