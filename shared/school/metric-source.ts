/** CloudWatch namespace of the school's own metrics. Their dimension `service` is the stack's name and the construct's path. */
export const SCHOOL_METRICS_NAMESPACE = 'StudentSite';
