import * as z from 'zod/mini';
import { InvalidSettingsError } from './errors.ts';

/**
 * Fragments shared by the settings of several functions. An empty variable is as wrong as a missing
 * one.
 */
export const setting = {
  text: z.string('is missing').check(z.trim(), z.minLength(1, 'must not be empty')),
  url: z.url('must be a URL'),
  /** Comma-separated list. Empty entries are ignored; at least one must be left. */
  list: z
    .pipe(z.string('is missing'), z.transform(entriesOf))
    .check(z.minLength(1, 'must name at least one')),
  count: z.pipe(
    z.string('is missing').check(z.regex(/^\d+$/, 'must be a whole number')),
    z.transform(Number),
  ),
  /** A price, 0 or more; it may have a fraction. */
  amount: z.pipe(
    z.string('is missing').check(z.regex(/^\d+(\.\d+)?(e-\d+)?$/, 'must be a number, 0 or more')),
    z.transform(Number),
  ),
  mailPolicy: z.enum(['always', 'failed'], 'must be always or failed'),
  /** Anything more than a string, written as JSON. */
  json: <Schema extends z.core.$ZodType>(schema: Schema) =>
    z.pipe(z.pipe(z.string('is missing'), z.transform(parseJson)), schema),
} as const;

function parseJson(text: string, { issues }: z.core.ParsePayload): unknown {
  try {
    return JSON.parse(text);
  } catch {
    issues.push({ code: 'custom', message: 'must be JSON', input: text });
    return z.NEVER;
  }
}

function entriesOf(text: string): string[] {
  return text
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '');
}

/**
 * Reads a function's settings from its environment, once, at start.
 * @throws InvalidSettingsError naming every variable that is missing or wrong
 */
export function readSettings<Shape extends z.core.$ZodShape>(
  shape: Shape,
  environment: Record<string, string | undefined> = process.env,
): z.infer<z.ZodMiniObject<Shape>> {
  const parsed = z.object(shape).safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidSettingsError(`Check the function's environment variables. ${problems.join('; ')}`);
}
