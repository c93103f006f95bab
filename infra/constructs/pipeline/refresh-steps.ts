import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { EVENT_SOURCE, EVENT_TYPE } from '../../../shared/refresh/ended-event.ts';
import type { Notify, SiteDistribution } from './auto-invalidation-props.ts';
import { type CompleteOptions, PLANNING_NODE_OPTIONS } from './complete-options.ts';
import type { Mail } from './mail.ts';
import { inFindings } from './nag-findings.ts';
import type { RefreshTable } from './refresh-table.ts';
import { allowDecrypting, allowReadingSecret } from './secret-access.ts';
import { ServiceFunction } from './service-function.ts';
import { idsOf } from './site-descriptions.ts';

/** Thousands of URLs are verified, or thousands of changes planned, in one invocation. */
const STEP_TIMEOUT = Duration.minutes(10);

/** Everything that the functions of a pipeline are told and given. */
export interface Pipeline extends CompleteOptions {
  readonly bucket: IBucket;
  readonly distributions: readonly SiteDistribution[];
  readonly table: RefreshTable;
  readonly mail: Mail;
  readonly mailWhen: NonNullable<Notify['when']>;
  /** Of the function that plans, in MB. */
  readonly planningMemorySize: number;
}

/** The function that plans a refresh's paths and asks CloudFront for its invalidation. */
export function createInvalidate(scope: Construct, pipeline: Pipeline): ServiceFunction {
  const { bucket, distributions, table, planningMemorySize, logRetention } = pipeline;
  const invalidate = new ServiceFunction(scope, 'Invalidate', {
    handler: 'pipeline/invalidate',
    description: 'Closes a refresh, plans its paths and creates its CloudFront invalidation',
    timeout: STEP_TIMEOUT,
    memorySize: planningMemorySize,
    logRetention,
    environment: {
      NODE_OPTIONS: PLANNING_NODE_OPTIONS,
      SITE_BUCKET: bucket.bucketName,
      DISTRIBUTION_IDS: idsOf(distributions),
      REFRESH_TABLE: table.tableName,
      PATH_PRICE_USD: String(pipeline.pathPriceUsd),
      REFETCH_PRICE_USD: String(pipeline.refetchPriceUsd),
      FREE_PATHS_PER_MONTH: String(pipeline.freePathsPerMonth),
      ...numberIfSet('MAX_PATHS_PER_MONTH', pipeline.maxPathsPerMonth),
      ...numberIfSet('MAX_NEEDLESS_PURGES', pipeline.maxNeedlessPurges),
      MAX_LIST_REQUESTS: String(pipeline.maxListRequests),
      QUOTA_PATIENCE_MINUTES: String(pipeline.quotaPatience.toMinutes()),
      ...ignoredMetadata(pipeline),
    },
  });
  table.allow(
    invalidate,
    'dynamodb:BatchGetItem',
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  );
  allowReading(invalidate, bucket);
  for (const { distribution } of distributions)
    distribution.grant(
      invalidate,
      'cloudfront:CreateInvalidation',
      'cloudfront:GetInvalidation',
      'cloudfront:ListInvalidations',
    );
  return invalidate;
}

const numberIfSet = (name: string, value: number | undefined) =>
  value === undefined ? {} : { [name]: String(value) };

/** The function that asks the edge whether it serves what the bucket holds. */
export function createVerify(scope: Construct, pipeline: Pipeline): ServiceFunction {
  const { bucket, distributions, table, memorySize, logRetention } = pipeline;
  const verify = new ServiceFunction(scope, 'Verify', {
    handler: 'pipeline/verify-edge',
    description: 'Asks the edge for every changed URL and compares the answers with the bucket',
    timeout: STEP_TIMEOUT,
    memorySize,
    logRetention,
    environment: {
      SITE_BUCKET: bucket.bucketName,
      DISTRIBUTION_IDS: idsOf(distributions),
      REFRESH_TABLE: table.tableName,
      ...ignoredMetadata(pipeline),
    },
  });
  table.allow(verify, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
  allowReading(verify, bucket);
  allowReadingSecrets(verify, distributions);
  return verify;
}

/** An empty variable would be refused as missing. */
function ignoredMetadata({ ignoredMetadata: names }: Pipeline): { readonly IGNORED_METADATA?: string } {
  return names.length === 0 ? {} : { IGNORED_METADATA: names.join() };
}

/** The function that ends a refresh, whatever its outcome. */
export function createReport(
  scope: Construct,
  { distributions, table, mail, mailWhen, memorySize, logRetention }: Pipeline,
): ServiceFunction {
  const report = new ServiceFunction(scope, 'Report', {
    handler: 'pipeline/report-refresh',
    description: 'Ends a refresh: history, metrics, mail, event',
    memorySize,
    logRetention,
    environment: {
      DISTRIBUTION_IDS: idsOf(distributions),
      REFRESH_TABLE: table.tableName,
      MAIL_WHEN: mailWhen,
    },
  });
  table.allow(report, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
  mail.bindTo(report);
  allowAnnouncing(report);
  return report;
}

/** To the account's default bus, and no other events. */
function allowAnnouncing(report: ServiceFunction): void {
  const bus = { service: 'events', resource: 'event-bus', resourceName: 'default' };
  report.addToRolePolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [Stack.of(report).formatArn(bus)],
      // IAM takes both for lists.
      conditions: {
        'ForAnyValue:StringEquals': { 'events:source': EVENT_SOURCE, 'events:detail-type': EVENT_TYPE },
      },
    }),
  );
}

/**
 * HeadObject needs GetObject. Without ListBucket, S3 answers 403 for a missing key instead of 404.
 * An object that KMS encrypts is read with its key, by S3 in the function's name.
 */
function allowReading(reader: ServiceFunction, bucket: IBucket): void {
  const objects = bucket.arnForObjects('*');
  reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  reader.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [objects] }));
  allowDecrypting(reader, 's3', bucket.encryptionKey);
  Validations.of(reader).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${inFindings(reader, objects)}]`,
    reason: 'Any object of the site may have changed, and the function compares it with the edge.',
  });
}

function allowReadingSecrets(verify: ServiceFunction, distributions: readonly SiteDistribution[]): void {
  const secrets = new Set(
    distributions.flatMap(({ verificationHeaders = {} }) =>
      Object.values(verificationHeaders).map(({ secret }) => secret),
    ),
  );
  for (const secret of secrets) allowReadingSecret(verify, secret);
}
