/** CloudWatch namespace of the pipeline's own metrics. Their dimension `service` is the stack's name and the construct's path. */
export const METRICS_NAMESPACE = 'AutoInvalidation';
