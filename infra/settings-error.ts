import { z } from 'zod';

/** Context values that are missing or wrong. */
export class SettingsError extends Error {
  /** What is wrong with each. */
  readonly problems: readonly { readonly setting: string; readonly problem: string }[];

  constructor(error: z.ZodError) {
    super(`Check cdk.json and -c options:\n${z.prettifyError(error)}`, { cause: error });
    this.problems = error.issues.map(({ path: [name], message }) => ({
      setting: String(name),
      problem: message,
    }));
  }
}
