/**
 * CloudWatch namespace of the pipeline's own metrics. Their dimension `service` is the name of the
 * stack and the path of the construct.
 */
export const METRICS_NAMESPACE = 'AutoInvalidation';
