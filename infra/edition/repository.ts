/*
 * What differs between the commands in this repository and the published program: `#edition` here.
 * In the package infra/edition/packaged.ts takes its place.
 */

/** The stack that commands are about unless --stack names another. */
export const DEFAULT_STACK = 'StudentSite';

/** Whether the school's site can be deployed from here. */
export const HAS_EXAMPLE: boolean = true;

/** How a user types a command. */
export function spell(command: string, args = ''): string {
  return args === '' ? `npm run ${command}` : `npm run ${command} -- ${args}`;
}
