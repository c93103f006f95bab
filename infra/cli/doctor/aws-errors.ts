/** Whether an AWS service answered it. A lost network has no answer. */
export function isServiceError(error: unknown): error is Error {
  return error instanceof Error && '$metadata' in error;
}

/** Whether the credentials lack a permission. */
export function isDenied({ name }: Error): boolean {
  return DENIED.has(name);
}

/** By the services' own names. */
const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'UnauthorizedOperation',
]);
