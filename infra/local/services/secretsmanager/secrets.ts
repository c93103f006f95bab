import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  AwsError,
  type AwsRequest,
  type AwsService,
  answeringErrors,
  jsonErrorResponse,
  jsonResponse,
} from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Resource } from '../../template/resource.ts';

interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly value: string;
  readonly versionId: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
}

export interface Secrets {
  /** GetSecretValue and DescribeSecret. */
  readonly api: AwsService;
  /**
   * Replaces every `{{resolve:secretsmanager:…}}`.
   * @throws Error naming a reference to no secret, or one that is not emulated
   */
  resolve(text: string): string;
}

/** The template's secrets. A value is generated once, and lives as long as the store. */
export function createSecrets(resources: readonly Resource[], store: DurableStore): Secrets {
  const stored = store.map<StoredSecret>('secrets');
  const known = new Set<string>();
  for (const resource of resources) {
    known.add(resource.ref);
    if (stored.get(resource.ref) === undefined) stored.set(resource.ref, generate(resource));
  }

  /** By ARN, with or without the six characters at its end, or by name. */
  function find(id: string): StoredSecret {
    const found = stored
      .values()
      .find(({ arn, name }) => known.has(arn) && [arn, arn.slice(0, -'-123456'.length), name].includes(id));
    if (found !== undefined) return found;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  return {
    api: answeringErrors(
      async request => jsonResponse(call(request, find), '1.1'),
      error => jsonErrorResponse(error, '1.1'),
    ),
    resolve: text =>
      text.replaceAll(/\{\{resolve:([^:}]+):([^}]*)\}\}/g, (reference, service: string, path: string) => {
        const parsed = service === 'secretsmanager' ? SECRET_REFERENCE.exec(path) : null;
        if (parsed === null) throw new Error(`The dynamic reference ${reference} is not emulated`);
        const [, id = '', key] = parsed;
        return valueAt(find(id).value, key, reference);
      }),
  };
}

/** `id:SecretString:json-key`. Only the current version is emulated. */
const SECRET_REFERENCE =
  /^(arn:[^:]+:secretsmanager:[^:]*:\d*:secret:[^:]+|[^:]+)(?::SecretString(?::([^:]*):*)?)?$/;

function valueAt(value: string, key: string | undefined, reference: string): string {
  if (key === undefined || key === '') return value;
  const member = z.record(z.string(), z.unknown()).parse(JSON.parse(value))[key];
  if (member === undefined) throw new Error(`The secret of ${reference} has no key ${key}`);
  return String(member);
}

const SecretProperties = z.object({
  Description: z.string().optional(),
  GenerateSecretString: z.strictObject({
    PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
    ExcludeCharacters: z.string().default(''),
    ExcludeLowercase: z.boolean().default(false),
    ExcludeNumbers: z.boolean().default(false),
    ExcludePunctuation: z.boolean().default(false),
    ExcludeUppercase: z.boolean().default(false),
    IncludeSpace: z.boolean().default(false),
  }),
});

function generate({ ref, attributes: { Name = ref }, properties }: Resource): StoredSecret {
  const { Description, GenerateSecretString } = SecretProperties.parse(properties);
  return {
    arn: ref,
    name: Name,
    ...(Description === undefined ? {} : { description: Description }),
    value: password(GenerateSecretString),
    versionId: randomUUID(),
    createdAt: Math.floor(Date.now() / 1000),
  };
}

/** A password with at least one character of every kind that is not excluded. */
function password(options: z.output<typeof SecretProperties>['GenerateSecretString']): string {
  const kinds = [
    options.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    options.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    options.IncludeSpace ? ' ' : '',
  ]
    .map(kind => [...kind].filter(character => !options.ExcludeCharacters.includes(character)))
    .filter(kind => kind.length > 0);
  const all = kinds.flat();
  if (options.PasswordLength < kinds.length || all.length === 0)
    throw new Error('GenerateSecretString excludes too much, or is too short for every kind of character');
  for (;;) {
    const value = Array.from({ length: options.PasswordLength }, () => all[randomInt(all.length)]).join('');
    if (kinds.every(kind => kind.some(character => value.includes(character)))) return value;
  }
}

const Input = z.object({
  SecretId: z.string(),
  VersionStage: z.string().optional(),
  VersionId: z.string().optional(),
});

function call({ headers, body }: AwsRequest, find: (id: string) => StoredSecret): object {
  const action = String(headers['x-amz-target']).replace('secretsmanager.', '');
  const { SecretId, VersionStage = 'AWSCURRENT', VersionId } = Input.parse(JSON.parse(body.toString()));
  const { arn, name, description, value, versionId, createdAt } = find(SecretId);
  switch (action) {
    case 'GetSecretValue':
      if (VersionStage !== 'AWSCURRENT' || (VersionId !== undefined && VersionId !== versionId))
        throw new AwsError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`}`,
        );
      return {
        ARN: arn,
        Name: name,
        VersionId: versionId,
        SecretString: value,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: createdAt,
      };
    case 'DescribeSecret':
      return {
        ARN: arn,
        Name: name,
        ...(description === undefined ? {} : { Description: description }),
        LastChangedDate: createdAt,
        CreatedDate: createdAt,
        VersionIdsToStages: { [versionId]: ['AWSCURRENT'] },
      };
    default:
      throw new AwsError('NotImplemented', `The local Secrets Manager does not emulate ${action}`, 501);
  }
}
