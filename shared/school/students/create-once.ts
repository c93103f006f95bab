import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import { SchoolRefusedError } from '../refusal.ts';
import type { Student, StudentFields } from './student.ts';

interface KeyedRequest {
  /** The caller's Idempotency-Key. */
  readonly key: string;
  readonly student: StudentFields;
}

export type CreateOnce = (request: KeyedRequest, context: Context) => Promise<Student>;

/** No caller repeats a request after more than a day. */
const REMEMBERED_SECONDS = 86_400;

/**
 * Makes `create` return the same student when it is repeated with the same key. What `create`
 * throws is passed on and not remembered, so that a repetition tries again. Also throws
 * SchoolRefusedError IdempotencyMismatch or InProgress.
 */
export function createOnce(
  create: (student: StudentFields, createdBy: string) => Promise<Student>,
  idempotencyTable: string,
): CreateOnce {
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'key',
    payloadValidationJmesPath: 'student',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: REMEMBERED_SECONDS,
  });
  const once = makeIdempotent(
    // A crash leaves the key locked until the invocation's deadline; `createdBy` lets the
    // repetition after it succeed.
    async ({ key, student }: KeyedRequest) => ({ ...(await create(student, `key ${key}`)) }),
    {
      config,
      keyPrefix: 'create-student',
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: idempotencyTable }),
    },
  );
  return async (request, context) => {
    // Without it a crashed invocation would lock its key for as long as it is remembered.
    config.registerLambdaContext(context);
    try {
      return await once(request);
    } catch (error) {
      throw refusalFor(error) ?? error;
    }
  };
}

function refusalFor(error: unknown): SchoolRefusedError | undefined {
  switch (error instanceof Error ? error.name : '') {
    case 'IdempotencyValidationError':
      return new SchoolRefusedError(
        'IdempotencyMismatch',
        'This Idempotency-Key was used for another request. Use a new one.',
      );
    // The last two: the first request was refused while this one was looking.
    case 'IdempotencyAlreadyInProgressError':
    case 'IdempotencyItemNotFoundError':
    case 'IdempotencyInconsistentStateError':
      return new SchoolRefusedError(
        'InProgress',
        'The first request with this Idempotency-Key is still running. Try again shortly.',
      );
    default:
      return;
  }
}
