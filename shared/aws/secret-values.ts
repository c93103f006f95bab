import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SecretUnusableError } from '../errors.ts';
import type { SecretValue } from '../sites/told.ts';

/** How long a value is used before it is read again: a changed secret is in use after that. */
const KEPT_MS = 5 * 60_000;

/** What a header may hold: RFC 9110, section 5.5, as far as `fetch` can send it. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

export interface SecretValues {
  /**
   * Reads the values of headers. No error says anything of a value.
   *
   * @throws SecretUnusableError naming the secret, and what to do
   */
  headersOf(headers: Readonly<Record<string, SecretValue>>): Promise<Record<string, string>>;
}

interface SecretValuesOptions {
  readonly client?: SecretsManagerClient;
  /** Milliseconds since any moment. */
  readonly now?: () => number;
}

export function createSecretValues({
  client = new SecretsManagerClient({}),
  now = Date.now,
}: SecretValuesOptions = {}): SecretValues {
  const kept = new Map<string, { readonly text: string; readonly until: number }>();

  async function textOf(secret: string): Promise<string> {
    const known = kept.get(secret);
    if (known !== undefined && now() < known.until) return known.text;
    const found = await read(client, secret);
    if (found.SecretString === undefined)
      throw new SecretUnusableError(secret, `It holds bytes. Store a string: ${put(secret, 'VALUE')}`);
    kept.set(secret, { text: found.SecretString, until: now() + KEPT_MS });
    return found.SecretString;
  }

  return {
    async headersOf(headers) {
      const values: Record<string, string> = {};
      for (const [name, { secret, field }] of Object.entries(headers)) {
        const text = await textOf(secret);
        const value = (field === undefined ? text : memberOf(text, field, secret)).trim();
        if (!HEADER_VALUE.test(value)) throw unfit(name, secret);
        values[name] = value;
      }
      return values;
    },
  };
}

async function read(client: SecretsManagerClient, SecretId: string): Promise<GetSecretValueCommandOutput> {
  try {
    return await client.send(new GetSecretValueCommand({ SecretId }));
  } catch (error) {
    const advice = error instanceof Error ? ADVICE[error.name]?.(SecretId) : undefined;
    throw advice === undefined ? error : new SecretUnusableError(SecretId, advice, { cause: error });
  }
}

const DENIED = (secret: string) =>
  `There is none, or the verifying function may not read it. To look: aws secretsmanager describe-secret --secret-id ${secret}. Deploy again with this secret in verificationHeaders; if it has a KMS key of its own, with that key as its encryptionKey.`;

/** By Secrets Manager's errors: API reference, GetSecretValue. */
const ADVICE: Readonly<Record<string, (secret: string) => string>> = {
  ResourceNotFoundException: secret =>
    `There is no such secret in this region. Create it: aws secretsmanager create-secret --name ${secret} --secret-string VALUE`,
  AccessDeniedException: DENIED,
  DecryptionFailure: DENIED,
  InvalidRequestException: secret =>
    `It is marked for deletion. Restore it: aws secretsmanager restore-secret --secret-id ${secret}`,
};

/** The error of JSON.parse is dropped: its message quotes the text. */
function memberOf(text: string, field: string, secret: string): string {
  const member = membersOf(text)?.[field];
  if (typeof member === 'string' || typeof member === 'number') return String(member);
  const written = put(secret, JSON.stringify({ [field]: 'VALUE' }));
  throw new SecretUnusableError(secret, `It is no JSON with a string ${field}. Store it: ${written}`);
}

function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function unfit(header: string, secret: string): SecretUnusableError {
  const why = `It cannot be the value of the header ${header}: it is empty, or has characters that no header may hold, such as line breaks.`;
  return new SecretUnusableError(secret, `${why} Store another: ${put(secret, 'VALUE')}`);
}

const put = (secret: string, value: string) =>
  `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string '${value}'`;
