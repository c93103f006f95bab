/*
 * What differs between this repository and the published package: `#edition` here. In the package
 * shared/edition/packaged.ts takes its place.
 */

/** The stack that commands are about unless --stack names another. */
export const DEFAULT_STACK = 'StudentSite';

/** Whether the school's site can be deployed from here. */
export const HAS_EXAMPLE: boolean = true;

/** How a user calls the program. */
export const PROGRAM: string = 'npm run';

/** What ends the options of the program that is called, before those of ours. */
export const BEFORE_OPTIONS: string = ' --';
