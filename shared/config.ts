import { z } from 'zod';
import { InvalidSettingsError } from './errors.ts';

/** Fragments that the settings of several functions share. An empty variable is as wrong as a missing one. */
export const setting = {
  text: z.string().trim().min(1),
  url: z.url(),
  /** Comma-separated list; empty entries are ignored, one at least must be left. */
  list: z
    .string()
    .transform(text => text.split(',').map(entry => entry.trim()))
    .transform(entries => entries.filter(entry => entry !== ''))
    .refine(entries => entries.length > 0, 'must name at least one'),
  count: z.string().regex(/^\d+$/, 'must be a whole number').transform(Number),
  /** A distribution's origin path: empty, or `/folder` without a slash at the end. The one that may be empty. */
  originPath: z.string().regex(/^(\/.*[^/])?$/, 'must be empty or begin with / and not end with it'),
  mailPolicy: z.enum(['always', 'failed']),
} as const;

/**
 * Reads a function's settings from its environment, once, at start.
 * @throws InvalidSettingsError naming every variable that is missing or wrong
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Record<string, string | undefined> = process.env,
): z.infer<z.ZodObject<Shape>> {
  const parsed = z.object(shape).safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidSettingsError(`Check the function's environment variables. ${problems.join('; ')}`);
}
