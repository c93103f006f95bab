import * as z from 'zod/mini';

/**
 * A schema that also takes what was written when needless purges were called `collateral`: records
 * are kept for 90 days, and messages may wait in a queue while their stack is updated.
 */
export function withFormerNames<Schema extends z.core.$ZodType>(schema: Schema) {
  return z.pipe(z.transform(renamed), schema);
}

function renamed(input: unknown): unknown {
  if (!isObject(input) || !('collateral' in input)) return input;
  const { collateral, ...rest } = input;
  return { needlessPurges: collateral, ...rest };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
