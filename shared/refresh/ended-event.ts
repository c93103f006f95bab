/**
 * What EventBridge's rules know the end of a refresh by. This file imports nothing, because the
 * construct needs it in apps that have no SDK.
 */
export const EVENT_SOURCE = 'cloudfront-auto-invalidation';
export const EVENT_TYPE = 'Refresh Ended';
