/** What a service refuses, or what leaves a first deployment stranded. */

import { z } from 'zod';
import { simulate } from '../../infra/local/kernel/permissions/simulate.ts';
import { dependenciesOf } from './dependencies.ts';
import { queueReaders, type TemplateRule } from './template-rules.ts';
import {
  type CfnTemplate,
  type Json,
  type Resource,
  resourcesOf,
  type StackName,
  statementsOf,
  textOf,
} from './templates.ts';

/** Lambda refuses batches of more than 10 messages without a window. */
export const batchesWithoutWindow: TemplateRule = template =>
  queueReaders(template)
    .filter(({ BatchSize, MaximumBatchingWindowInSeconds: window }) => BatchSize > 10 && window < 1)
    .map(({ id, BatchSize }) => `${id} takes batches of ${BatchSize} without a window`);

/** The policies that let S3 send to a queue. */
const policiesForS3 = (template: CfnTemplate): Resource[] =>
  resourcesOf(template, 'AWS::SQS::QueuePolicy').filter(policy =>
    statementsOf(policy).some(
      ({ Effect, Principal }) => Effect === 'Allow' && Object(Principal).Service === 's3.amazonaws.com',
    ),
  );

const asksForEvents = ({ Type, Properties }: CfnTemplate['Resources'][string]) =>
  Type === 'Custom::BucketNotification' || 'NotificationConfiguration' in Properties;

/** S3 tries a queue as soon as it is asked for events, and refuses one that it may not send to. */
export const eventsBeforePermission = (template: CfnTemplate): string[] => {
  const policies = policiesForS3(template);
  const opensQueueOf = (properties: Resource['properties'], { properties: { Queues } }: Resource) =>
    JSON.stringify(properties).includes(`"Fn::GetAtt":["${textOf(Queues).slice(1, -1)}","Arn"]`);
  return Object.entries(template.Resources)
    .filter(([, resource]) => asksForEvents(resource))
    .filter(
      ([, { Properties, DependsOn }]) =>
        !policies.some(policy => DependsOn.includes(policy.id) && opensQueueOf(Properties, policy)),
    )
    .map(([id]) => `${id} asks for events before its queue accepts them`);
};

/** S3 validates a queue as a sender with a name, of one account. */
export const sendersWithoutName: TemplateRule = template =>
  policiesForS3(template).flatMap(policy =>
    statementsOf(policy)
      .filter(({ Effect }) => Effect === 'Allow')
      .filter(({ Condition }) => {
        const { ArnEquals, ArnLike, StringEquals } = Object(Condition);
        const bucket = textOf({ ...ArnLike, ...ArnEquals }['aws:SourceArn']);
        return bucket.endsWith(':::') || textOf(StringEquals?.['aws:SourceAccount']) !== '<AWS::AccountId>';
      })
      .map(() => `${policy.id} accepts a sender without a name, or of any account`),
  );

/** CDK's own note about the template, which makes nothing. */
const CANNOT_FAIL = new Set(['AWS::CDK::Metadata']);

/**
 * What can fail after the page is uploaded: the rollback would then stop at a bucket that has
 * files.
 */
export const madeAfterTheUpload = (template: CfnTemplate): string[] => {
  const dependencies = dependenciesOf(template);
  return resourcesOf(template, 'Custom::CDKBucketDeployment').flatMap(({ id: upload }) => {
    const before = new Set([upload]);
    // A set hands out what is added while it is walked.
    for (const id of before) for (const next of dependencies.get(id) ?? []) before.add(next);
    return Object.entries(template.Resources)
      .filter(([id, { Type }]) => !before.has(id) && !CANNOT_FAIL.has(Type))
      .map(([id, { Type }]) => `${id} (${Type})`);
  });
};

/**
 * Names that another deployment may have taken. Bucket names are global, the others belong to an
 * account. A name is safe if a setting gives it, or if it contains the name of the stack.
 *
 * @param given by the settings
 */
export function namesOthersMayHave(
  template: CfnTemplate,
  stack: StackName,
  given: readonly string[] = [],
): string[] {
  const named = [
    { type: 'AWS::S3::Bucket', property: 'BucketName' },
    { type: 'AWS::DynamoDB::Table', property: 'TableName' },
    // Dashboards are global: without the region, one stack name in two regions would share one.
    { type: 'AWS::CloudWatch::Dashboard', property: 'DashboardName', own: `${stack}-Dashboard-us-east-1` },
    { type: 'AWS::ApiGateway::RestApi', property: 'Name', own: stack },
  ];
  return named.flatMap(({ type, property, own }) =>
    resourcesOf(template, type)
      .filter(({ properties }) => property in properties)
      .map(({ id, properties }) => ({ id, name: textOf(properties[property]) }))
      .filter(({ name }) => name !== own && !given.includes(name))
      .map(({ id, name }) => `${id} has the name ${name}`),
  );
}

/** The longest that each service accepts. AWS's schemas know only some of them. */
const LONGEST_NAMES: Readonly<Record<string, number>> = {
  'AWS::CloudWatch::Alarm AlarmName': 255,
  'AWS::CloudWatch::Dashboard DashboardName': 255,
  'AWS::DynamoDB::Table TableName': 255,
  'AWS::Events::Rule Name': 64,
  'AWS::IAM::Policy PolicyName': 128,
  'AWS::IAM::Role RoleName': 64,
  'AWS::Lambda::Function FunctionName': 64,
  'AWS::Logs::LogGroup LogGroupName': 512,
  'AWS::SNS::Topic TopicName': 256,
  'AWS::SQS::Queue QueueName': 80,
  'AWS::StepFunctions::StateMachine StateMachineName': 80,
};

export const namesTooLong: TemplateRule = template =>
  Object.entries(LONGEST_NAMES).flatMap(([key, longest]) => {
    const [type = '', property = ''] = key.split(' ');
    return resourcesOf(template, type)
      .filter(({ properties }) => property in properties && textOf(properties[property]).length > longest)
      .map(({ id }) => `${id} has a ${property} of more than ${longest} characters`);
  });

const DistributionConfig = z.object({
  Aliases: z.array(z.string()).default([]),
  Origins: z.array(z.object({ Id: z.string() })),
  DefaultCacheBehavior: z.object({ TargetOriginId: z.string() }),
  CacheBehaviors: z.array(z.object({ TargetOriginId: z.string() })).default([]),
});
const distributionsOf = (template: CfnTemplate) =>
  resourcesOf(template, 'AWS::CloudFront::Distribution').map(({ properties }) =>
    DistributionConfig.parse(properties['DistributionConfig']),
  );

/** CloudFront answers CNAMEAlreadyExists. */
export const aliasesNamedTwice: TemplateRule = template => {
  const aliases = distributionsOf(template).flatMap(({ Aliases }) => Aliases);
  return aliases.filter((alias, index) => aliases.indexOf(alias) !== index);
};

export const behavioursWithoutOrigin: TemplateRule = template =>
  distributionsOf(template).flatMap(({ Origins, DefaultCacheBehavior, CacheBehaviors }) =>
    [DefaultCacheBehavior, ...CacheBehaviors]
      .map(({ TargetOriginId }) => TargetOriginId)
      .filter(target => !Origins.some(({ Id }) => Id === target)),
  );

const variablesOf = ({ properties }: Resource): [string, Json][] =>
  Object.entries(Object(Object(properties['Environment']).Variables));

/**
 * Lambda sets these itself:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

export const reservedVariables: TemplateRule = template =>
  resourcesOf(template, 'AWS::Lambda::Function').flatMap(resource =>
    variablesOf(resource).flatMap(([name]) => (RESERVED.has(name) ? [`${resource.id} sets ${name}`] : [])),
  );

const LARGEST_ENVIRONMENT_BYTES = 4096;

/**
 * The size of a function's environment as Lambda counts it: of its variables as one JSON object. A
 * reference counts as long as it is written here.
 */
export const environmentBytes = (resource: Resource): number =>
  Buffer.byteLength(
    JSON.stringify(
      Object.fromEntries(variablesOf(resource).map(([name, value]) => [name, textOf(value)] as const)),
    ),
  );

export const environmentsTooLarge: TemplateRule = template =>
  resourcesOf(template, 'AWS::Lambda::Function')
    .map(resource => ({ id: resource.id, bytes: environmentBytes(resource) }))
    .filter(({ bytes }) => bytes > LARGEST_ENVIRONMENT_BYTES)
    .map(({ id, bytes }) => `${id} has an environment of ${bytes} bytes`);

/** CloudWatch takes 10, 20 or 30 seconds, or whole minutes. */
export const alarmPeriodsThatDoNotExist: TemplateRule = template =>
  resourcesOf(template, 'AWS::CloudWatch::Alarm')
    .map(({ id, properties }) => ({ id, period: Number(properties['Period'] ?? 60) }))
    .filter(({ period }) => ![10, 20, 30].includes(period) && period % 60 !== 0)
    .map(({ id, period }) => `${id} counts ${period} s at a time`);

/** IAM accepts a permission for an action that does not exist, and the call is then denied. */
export const actionsThatDoNotExist = async (template: CfnTemplate): Promise<string[]> => {
  const statements = resourcesOf(template, 'AWS::IAM::Policy').flatMap(statementsOf);
  const named = new Set(statements.flatMap(({ Action }) => Action).filter(action => !action.includes('*')));
  const existing = await Promise.all([...named].map(actionExists));
  return [...named].filter((_, index) => !existing[index]);
};

async function actionExists(action: string): Promise<boolean> {
  try {
    await simulate({ principal: 'anyone', action, resource: '*', context: {} }, [], undefined);
    return true;
  } catch (error) {
    return !/invalid\.(?:action|service)/.test(String(error));
  }
}
