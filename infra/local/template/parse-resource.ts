import type { z } from 'zod';

/**
 * Parses the properties of a resource, after its references are resolved.
 *
 * @param resource names it in the error, such as `AWS::CloudWatch::Alarm Errors`
 * @throws Error naming each property that is wrong or not emulated
 */
export function parseResource<T extends z.ZodType>(
  schema: T,
  resource: string,
  properties: unknown,
): z.output<T> {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  throw new Error(`${resource}: ${result.error.issues.flatMap(describe).join('; ')}`);
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${path}: ${issue.message}`];
  return issue.keys.map(key => `${path === '' ? key : `${path}.${key}`} is not emulated`);
}
