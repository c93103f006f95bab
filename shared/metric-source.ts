/** Under which namespace and dimension CloudWatch finds the functions' own metrics. */
export const METRICS_NAMESPACE = 'StudentSite';
/** Service name in every log line and dimension `service` of every metric. */
export const SERVICE = 'student-site';
