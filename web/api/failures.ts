/// <reference lib="dom" />
import { type ApiFailure, ApiRefused, ApiUnreachable } from './call.ts';

/** What went wrong, and what the visitor can do about it. */
export function describeFailure(failure: ApiFailure): string {
  if (failure instanceof ApiUnreachable) {
    return navigator.onLine
      ? 'The service does not answer. Nothing you entered is lost.'
      : 'You are offline. Nothing you entered is lost.';
  }
  if (!(failure instanceof ApiRefused)) return 'The service gave an answer this page cannot read.';
  if (failure.status === 403) {
    return 'The service does not let this site in (403). Whoever runs the site has to check its API key.';
  }
  if (failure.code === 'TooManyRefreshes') {
    return `${failure.message} Uploads refresh by themselves as before.`;
  }
  if (isQuotaUsedUp(failure)) return 'The site has used up its requests for now (429). Please try later.';
  if (failure.status === 429) return 'The service is busy (429).';
  if (failure.status >= 500) return `The service has a problem of its own (${failure.status}).`;
  return failure.message === '' ? `The service refused (${failure.status}).` : failure.message;
}

/** True where the same request may succeed in a moment. */
export function passesByWaiting(failure: ApiFailure): failure is ApiRefused {
  if (!(failure instanceof ApiRefused)) return false;
  return (failure.status === 429 && !isQuotaUsedUp(failure)) || failure.code === 'InProgress';
}

/** True where nobody knows whether the request was carried out: only a repetition under the same key is safe. */
export function isOutcomeUnclear(failure: ApiFailure): boolean {
  if (!(failure instanceof ApiRefused)) return true;
  return failure.status >= 500 || passesByWaiting(failure);
}

/**
 * API Gateway says "Too Many Requests" for the rate, which passes, and "Limit Exceeded" for the day's or month's quota;
 * the allowance of paths asked for by hand has a code of its own.
 */
function isQuotaUsedUp({ status, code, message }: ApiRefused): boolean {
  return code === 'TooManyRefreshes' || (status === 429 && /limit exceeded/i.test(message));
}
