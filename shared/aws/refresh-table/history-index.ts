/**
 * The index of the refresh table that lists a distribution's refreshes: the construct makes it, and
 * the history reads it. This file imports nothing, because the construct needs it in apps that have
 * no SDK.
 */

/** In the order of their ids, and so of time: keys `distributionId` and `pk`. */
export const REFRESHES_IN_ORDER = 'RefreshesInOrder';

/** Attributes that it projects, beside its keys. */
export const LISTED_ATTRIBUTES = [
  'state',
  'generation',
  'startedAt',
  'finishedAt',
  'totals',
  'spentUsd',
  'invalidationId',
  'failure',
  'refusals',
] as const;
