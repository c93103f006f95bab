/// <reference lib="dom" />
import { type ApiFailure, ApiRefused, ApiUnreachable } from './call.ts';

/** What went wrong, and what the visitor can do about it. */
export function describeFailure(failure: ApiFailure): string {
  if (failure instanceof ApiUnreachable) {
    return navigator.onLine
      ? 'The service is not responding. Nothing you entered is lost.'
      : 'You are offline. Nothing you entered is lost.';
  }
  if (!(failure instanceof ApiRefused)) return 'The service sent an answer that this page cannot read.';
  if (failure.status === 403) {
    return 'The service refused this site (403). The site owner needs to check the API key.';
  }
  if (failure.code === 'TooManyRefreshes') {
    return `${failure.message} Uploads are still refreshed automatically.`;
  }
  if (isQuotaUsedUp(failure)) return 'The site has used up its requests for now (429). Try again later.';
  if (failure.status === 429) return 'The service is busy (429).';
  if (failure.status >= 500) return `The service failed (${failure.status}). Try again.`;
  return failure.message === '' ? `The service refused (${failure.status}).` : failure.message;
}

/** True if the same request may succeed in a moment. */
export function passesByWaiting(failure: ApiFailure): failure is ApiRefused {
  if (!(failure instanceof ApiRefused)) return false;
  return (failure.status === 429 && !isQuotaUsedUp(failure)) || failure.code === 'InProgress';
}

/**
 * True if it is unknown whether the request was carried out. Only a retry with the same key is safe
 * then.
 */
export function isOutcomeUnclear(failure: ApiFailure): boolean {
  if (!(failure instanceof ApiRefused)) return true;
  return failure.status >= 500 || passesByWaiting(failure);
}

/**
 * API Gateway says "Too Many Requests" for the rate, which recovers in a moment, and "Limit
 * Exceeded" for the day's or month's quota. The daily allowance of manual paths has its own code.
 */
function isQuotaUsedUp({ status, code, message }: ApiRefused): boolean {
  return code === 'TooManyRefreshes' || (status === 429 && /limit exceeded/i.test(message));
}
