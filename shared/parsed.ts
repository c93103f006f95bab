import type * as z from 'zod/mini';
import { InvalidDataError } from './errors.ts';

/**
 * What comes from outside, read by its schema.
 *
 * @param what names it in the error, such as `The input of the step Invalidate`
 * @throws InvalidDataError naming every member that is missing or wrong
 */
export function parsed<Schema extends z.ZodMiniType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'It'}: ${message}`);
  throw new InvalidDataError(what, problems.join('; '));
}
