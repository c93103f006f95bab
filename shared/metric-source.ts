/**
 * CloudWatch namespace of the pipeline's own metrics. Their dimension `service` is the name of the
 * stack.
 */
export const METRICS_NAMESPACE = 'AutoInvalidation';
