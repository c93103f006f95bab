import { Duration } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import type { RefreshOptions, SiteDistribution } from './constructs/pipeline/auto-invalidation-props.ts';
import type { WebhookOptions } from './constructs/pipeline/webhook-options.ts';
import type { RefreshSettings } from './settings.ts';

/** The options of AutoInvalidation that settings name, with their units. */
export function refreshOptions(
  settings: Omit<RefreshSettings, 'mailWhen' | keyof SiteSettings | keyof WebhookSettings>,
): RefreshOptions {
  return {
    events: settings.events,
    quietPeriod: Duration.seconds(settings.quietSeconds),
    maxLooks: settings.maxLooks,
    batchSize: settings.batchSize,
    batchWindow: Duration.seconds(settings.batchWindowSeconds),
    maxCollectors: settings.maxCollectors,
    ignoredMetadata: settings.ignoredMetadata,
    pathPriceUsd: settings.pathPriceUsd,
    refetchPriceUsd: settings.refetchPriceUsd,
    freePathsPerMonth: settings.freePathsPerMonth,
    ...(settings.maxPathsPerMonth === undefined ? {} : { maxPathsPerMonth: settings.maxPathsPerMonth }),
    ...(settings.maxNeedlessPurges === undefined ? {} : { maxNeedlessPurges: settings.maxNeedlessPurges }),
    maxListRequests: settings.maxListRequests,
    quotaPatience: Duration.minutes(settings.quotaPatienceMinutes),
    watchInterval: Duration.minutes(settings.watchMinutes),
  };
}

type SiteSettings = Pick<
  RefreshSettings,
  'extensionlessUrls' | 'urls' | 'spaFallback' | 'verify' | 'verificationHeaders'
>;

/** The options of each distribution that settings name. The secrets exist already. */
export function siteOptions(
  scope: Construct,
  { extensionlessUrls, urls, spaFallback, verify, verificationHeaders }: SiteSettings,
): Pick<SiteDistribution, keyof SiteSettings> {
  const secrets = new Map<string, ISecret>();
  const secretOf = (id: string) => {
    const secret = secrets.get(id) ?? existingSecret(scope, id);
    secrets.set(id, secret);
    return secret;
  };
  const headers = verificationHeaders.map(({ header, secret, ...field }) => [
    header,
    { secret: secretOf(secret), ...field },
  ]);
  return {
    extensionlessUrls,
    verify,
    verificationHeaders: Object.fromEntries(headers),
    ...(urls === undefined ? {} : { urls }),
    ...(spaFallback === undefined ? {} : { spaFallback }),
  };
}

type WebhookSettings = Pick<RefreshSettings, 'webhookUrl' | 'webhookSecret'>;

/**
 * The webhook that settings name. Its secret exists already.
 *
 * @throws Error if one of the two settings is missing
 */
export function webhookOptions(
  scope: Construct,
  { webhookUrl: url, webhookSecret: named }: WebhookSettings,
): { readonly webhook?: WebhookOptions } {
  if (url === undefined && named === undefined) return {};
  if (url === undefined || named === undefined)
    throw new Error('webhookUrl and webhookSecret belong together: set both, or neither');
  const { secret, ...field } = named;
  return { webhook: { url, secret: existingSecret(scope, secret), ...field } };
}

/** @param secret its name, or its ARN with or without the six characters at its end */
function existingSecret(scope: Construct, secret: string): ISecret {
  const id = `Secret ${secret.replaceAll('/', ' ')}`;
  if (!secret.startsWith('arn:')) return Secret.fromSecretNameV2(scope, id, secret);
  return /-[A-Za-z0-9]{6}$/.test(secret)
    ? Secret.fromSecretCompleteArn(scope, id, secret)
    : Secret.fromSecretPartialArn(scope, id, secret);
}

/** Outputs of a stack whose pipeline has a webhook, for the commands. */
export function webhookOutputs({ webhook }: AutoInvalidation): Record<string, string> {
  if (webhook === undefined) return {};
  return {
    WebhookQueueUrl: webhook.queue.queueUrl,
    WebhookDeadLetterQueueUrl: webhook.deadLetterQueue.queueUrl,
  };
}
