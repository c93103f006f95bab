/**
 * CloudWatch namespace of the school's own metrics. Their dimension `service` is the name of the
 * stack and the path of the construct.
 */
export const SCHOOL_METRICS_NAMESPACE = 'StudentSite';
