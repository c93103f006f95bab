/*
 * The public surface of the published package: what its users may import, and nothing else. Types
 * of what a construct only exposes are exported as types, because apps do not construct them.
 */
export { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';
export type {
  AutoInvalidationProps,
  Notify,
  RefreshOptions,
  SiteDistribution,
  VerificationHeader,
} from '../constructs/pipeline/auto-invalidation-props.ts';
export { Mail, type MailProps } from '../constructs/pipeline/mail.ts';
export type { MailedAlarms, Watch } from '../constructs/pipeline/mailed-alarms.ts';
export { RefreshAlarms, type RefreshAlarmsProps } from '../constructs/pipeline/refresh-alarms.ts';
export { RefreshDashboard, type RefreshDashboardProps } from '../constructs/pipeline/refresh-dashboard.ts';
export type { ServiceFunction } from '../constructs/pipeline/service-function.ts';
export type { SiteDescriptions } from '../constructs/pipeline/site-descriptions.ts';
export type { Webhook } from '../constructs/pipeline/webhook.ts';
export type { WebhookOptions } from '../constructs/pipeline/webhook-options.ts';
