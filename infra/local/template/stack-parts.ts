import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ApiGatewayDefinition, apiGatewayOf } from '../services/apigateway/definition.ts';
import type { DistributionParts, DistributionResource } from '../services/cloudfront/distribution.ts';
import type { EventSourceMappingDefinition } from '../services/lambda/event-source-mapping.ts';
import type { FunctionDefinition } from '../services/lambda/function-pool.ts';
import {
  filterOf,
  type NotificationRule,
  type NotifyingBucket,
} from '../services/s3/bucket-notifications.ts';
import type { StateMachineDefinitionResource } from '../services/stepfunctions/step-functions.ts';
import type { LoadedStack, Resource } from './template.ts';

/** A folder of files that a deployment uploads into a bucket. */
export interface Deployment {
  /** Changes whenever the files or their settings do. */
  readonly version: string;
  readonly directory: string;
  readonly bucket: string;
  readonly prune: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** The resources of all stacks as the local services want them. */
export interface StackParts {
  readonly buckets: readonly NotifyingBucket[];
  readonly queues: readonly {
    readonly name: string;
    readonly url: string;
    readonly attributes: Record<string, string>;
  }[];
  readonly tables: readonly {
    readonly name: string;
    readonly properties: Readonly<Record<string, unknown>>;
  }[];
  /** Addresses and domains that SES may send from. */
  readonly senders: readonly string[];
  readonly functions: readonly FunctionDefinition[];
  readonly eventSourceMappings: readonly (EventSourceMappingDefinition & { readonly caller: string })[];
  readonly apiGateway: ApiGatewayDefinition;
  /** Rules of EventBridge with a schedule. */
  readonly schedules: readonly Resource[];
  readonly watch: { readonly alarms: readonly Resource[]; readonly queues: readonly Resource[] };
  /** Rules of EventBridge with a pattern, and the queues that they may send to. */
  readonly rules: { readonly rules: readonly Resource[]; readonly queues: readonly Resource[] };
  readonly stateMachines: readonly StateMachineDefinitionResource[];
  readonly distributions: readonly DistributionResource[];
  readonly distributionParts: DistributionParts;
  readonly deployments: readonly Deployment[];
}

export function partsOf(stack: Pick<LoadedStack, 'resources' | 'assets'>): StackParts {
  const all = (type: string) => stack.resources.filter(resource => resource.type === type);
  const roles = new Map(all('AWS::IAM::Role').map(({ attributes, ref }) => [attributes['Arn'], ref]));
  const callerOf = (roleArn: string) => roles.get(roleArn) ?? roleArn;
  const assetPath = (objectKey: string) => {
    const path = stack.assets.get(objectKey);
    if (path === undefined) throw new Error(`The assembly has no asset ${objectKey}`);
    return path;
  };
  const queues = new Map(all('AWS::SQS::Queue').map(queue => [queue.attributes['Arn'], queue]));

  const lambdas = all('AWS::Lambda::Function')
    .map(resource => ({ resource, properties: Lambda.parse(resource.properties) }))
    // Others belong to CDK's own custom resources, which are emulated themselves.
    .filter(({ properties }) => properties.Runtime.startsWith('nodejs'));
  const callers = new Map(
    lambdas.map(({ resource, properties }) => [resource.ref, callerOf(properties.Role)]),
  );
  const configs = (type: string, property: string) =>
    new Map(all(type).map(({ ref, properties }) => [ref, properties[property]] as const));

  return {
    buckets: all('AWS::S3::Bucket').map(bucket => ({ name: bucket.ref, rules: notificationsOf(bucket) })),
    queues: all('AWS::SQS::Queue').map(({ ref, attributes, properties }) => ({
      name: attributes['QueueName'] ?? '',
      url: ref,
      attributes: queueAttributes(properties),
    })),
    tables: all('AWS::DynamoDB::Table').map(({ ref, properties }) => ({ name: ref, properties })),
    senders: all('AWS::SES::EmailIdentity').map(({ ref }) => ref),
    functions: lambdas.map(({ resource, properties }) => ({
      name: resource.ref,
      codeDirectory: assetPath(properties.Code.S3Key),
      handler: properties.Handler,
      environment: properties.Environment.Variables,
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      roleAccessKeyId: callerOf(properties.Role),
    })),
    eventSourceMappings: all('AWS::Lambda::EventSourceMapping').map(({ properties }) => {
      const mapping = EventSourceMapping.parse(properties);
      const queue = queues.get(mapping.EventSourceArn);
      return {
        functionName: mapping.FunctionName,
        caller: callers.get(mapping.FunctionName) ?? '',
        queueArn: mapping.EventSourceArn,
        queueUrl: queue?.ref ?? '',
        batchSize: mapping.BatchSize,
        windowSeconds: mapping.MaximumBatchingWindowInSeconds,
        reportBatchItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
        visibilityTimeoutSeconds: Number(queue?.properties['VisibilityTimeout'] ?? 30),
        ...(mapping.ScalingConfig === undefined
          ? {}
          : { maximumConcurrency: mapping.ScalingConfig.MaximumConcurrency }),
      };
    }),
    apiGateway: apiGatewayOf(stack.resources),
    schedules: all('AWS::Events::Rule').filter(({ properties }) => 'ScheduleExpression' in properties),
    watch: {
      alarms: all('AWS::CloudWatch::Alarm'),
      queues: all('AWS::SQS::Queue'),
    },
    rules: {
      rules: all('AWS::Events::Rule').filter(({ properties }) => !('ScheduleExpression' in properties)),
      queues: all('AWS::SQS::Queue'),
    },
    stateMachines: all('AWS::StepFunctions::StateMachine').map(({ ref, attributes, properties }) => {
      const machine = StateMachine.parse(properties);
      return {
        arn: ref,
        name: attributes['Name'] ?? '',
        caller: callerOf(machine.RoleArn),
        definition: substituted(
          readFileSync(assetPath(machine.DefinitionS3Location.Key), 'utf8'),
          machine.DefinitionSubstitutions,
        ),
      };
    }),
    distributions: all('AWS::CloudFront::Distribution').map(({ ref, attributes, properties }) => ({
      id: ref,
      domainName: attributes['DomainName'] ?? '',
      config: properties['DistributionConfig'],
    })),
    distributionParts: {
      cachePolicies: configs('AWS::CloudFront::CachePolicy', 'CachePolicyConfig'),
      originRequestPolicies: configs('AWS::CloudFront::OriginRequestPolicy', 'OriginRequestPolicyConfig'),
      responseHeadersPolicies: configs(
        'AWS::CloudFront::ResponseHeadersPolicy',
        'ResponseHeadersPolicyConfig',
      ),
      functions: new Map(all('AWS::CloudFront::Function').map(({ ref, properties }) => [ref, properties])),
    },
    deployments: all('Custom::CDKBucketDeployment').map(({ properties }) => {
      const deployment = BucketDeployment.parse(properties);
      return {
        version: JSON.stringify(deployment),
        directory: assetPath(deployment.SourceObjectKeys[0]),
        bucket: deployment.DestinationBucketName,
        prune: deployment.Prune,
        headers: deployment.SystemMetadata,
      };
    }),
  };
}

const Lambda = z.object({
  Runtime: z.string(),
  Handler: z.string(),
  Role: z.string(),
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
});

const EventSourceMapping = z.object({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});

const StateMachine = z.object({
  RoleArn: z.string(),
  StateMachineType: z.literal('STANDARD', 'Only standard workflows are emulated').default('STANDARD'),
  DefinitionS3Location: z.object({ Key: z.string() }),
  DefinitionSubstitutions: z.record(z.string(), z.string()).default({}),
});

const BucketDeployment = z.object({
  SourceObjectKeys: z.tuple([z.string()], 'Deployments of several sources are not emulated'),
  DestinationBucketName: z.string(),
  Prune: z.boolean().default(true),
  SystemMetadata: z.record(z.string(), z.string()).default({}),
});

const NotificationConfiguration = z
  .strictObject({
    QueueConfigurations: z.array(
      z.strictObject({
        Event: z.string(),
        Queue: z.string(),
        Filter: z
          .strictObject({
            S3Key: z.strictObject({
              Rules: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
            }),
          })
          .default({ S3Key: { Rules: [] } }),
      }),
    ),
  })
  .default({ QueueConfigurations: [] });

function notificationsOf(bucket: Resource): NotificationRule[] {
  const { QueueConfigurations } = NotificationConfiguration.parse(
    bucket.properties['NotificationConfiguration'],
  );
  return QueueConfigurations.map(({ Event, Queue, Filter }, index) => {
    return {
      id: `${bucket.logicalId}-${index}`,
      queueArn: Queue,
      events: [Event],
      prefix: filterOf(Filter.S3Key.Rules, 'prefix'),
      suffix: filterOf(Filter.S3Key.Rules, 'suffix'),
    };
  });
}

/** CloudFormation has numbers and objects where the API of SQS has text. */
function queueAttributes({
  QueueName: _,
  ...properties
}: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}

function substituted(definition: string, substitutions: Readonly<Record<string, string>>): unknown {
  const text = definition.replaceAll(
    /\$\{(\w+)\}/g,
    (placeholder, name: string) => substitutions[name] ?? placeholder,
  );
  return JSON.parse(text);
}
