/*
 * What differs between the published package and this repository: `#edition` in the package,
 * instead of shared/edition/repository.ts.
 */

/** The stack that commands are about unless --stack names another. */
export const DEFAULT_STACK = 'AutoInvalidation';

/** Whether the school's site can be deployed from here. */
export const HAS_EXAMPLE: boolean = false;

/** How a user calls the program. */
export const PROGRAM: string = 'npx cloudfront-auto-invalidation';

/** What ends the options of the program that is called, before those of ours. */
export const BEFORE_OPTIONS: string = '';
