/** Under which namespace CloudWatch finds the functions' own metrics; their dimension `service` is the stack's name. */
export const METRICS_NAMESPACE = 'StudentSite';
