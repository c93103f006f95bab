import { z } from 'zod';
import { LookupDeniedError } from '../../../../shared/errors.ts';
import { isDenied } from '../aws-errors.ts';

/** Nobody knows: AWS, or what stands for it, did not answer the question. */
export class UnansweredError extends Error {
  override readonly name = 'Unanswered';
}

/**
 * Asks AWS something.
 *
 * @param permission that the question needs, such as `ses:GetAccount`
 * @throws UnansweredError if the permission is missing, the endpoint does not know the operation,
 *   or the service fails. Errors that no service answered, such as a lost network, pass through
 */
export async function ask<Answer>(permission: string, question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    const reason = reasonOf(error, permission);
    if (reason === undefined) throw error;
    throw new UnansweredError(reason, { cause: error });
  }
}

/** The same, but errors of these names, and they alone, are the answer `instead`. */
export async function askUnless<Answer, Instead>(
  permission: string,
  names: readonly string[],
  instead: Instead,
  question: () => Promise<Answer>,
): Promise<Answer | Instead> {
  return ask(permission, async () => {
    try {
      return await question();
    } catch (error) {
      if (error instanceof Error && names.includes(error.name)) return instead;
      throw error;
    }
  });
}

function reasonOf(error: unknown, permission: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof LookupDeniedError) return `${error.message} These credentials need ${permission}`;
  const status = statusOf(error);
  // An answer to HEAD has no body to name the error: the status alone tells.
  if (isDenied(error) || status === 403) return `these credentials lack the permission ${permission}`;
  return status === undefined ? undefined : `${permission} is not answered: ${error.name}: ${error.message}`;
}

/** Of the answer by which a service failed; undefined if the error is no answer. */
function statusOf(error: Error): number | undefined {
  const { data } = Answered.safeParse(error);
  return data?.$metadata.httpStatusCode;
}

const Answered = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) });
