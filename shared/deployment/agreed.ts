/**
 * What the construct and the functions that serve its deployment agree on. This file imports
 * nothing, because the construct needs it in apps that have no SDK.
 */

/** The events of a site's bucket that may change what its visitors get. */
export const SITE_EVENTS = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

/** What is reported about a distribution. */
export const ATTRIBUTES = ['DomainName', 'Summary'] as const;
