/*
 * What differs between the published program and the commands in this repository: `#edition` in the
 * package, instead of infra/edition/repository.ts.
 */

/** The stack that commands are about unless --stack names another. */
export const DEFAULT_STACK = 'AutoInvalidation';

/** Whether the school's site can be deployed from here. */
export const HAS_EXAMPLE: boolean = false;

/** How a user types a command. */
export function spell(command: string, args = ''): string {
  return `npx cloudfront-auto-invalidation ${command} ${args}`.trimEnd();
}
