import { z } from 'zod';
import type { Account } from '../../template/account.ts';
import type { EventSourceMappingDefinition } from './event-source-mapping.ts';
import type { FunctionDefinition } from './function-definition.ts';

const Lambda = z.object({
  Runtime: z.string(),
  Handler: z.string(),
  Role: z.string(),
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
});

/**
 * The functions of the template. Those not written for Node.js belong to custom resources of CDK,
 * emulated in `cdk/`.
 */
export function functionsOf(account: Account): FunctionDefinition[] {
  return account
    .all('AWS::Lambda::Function')
    .map(({ ref, properties }) => ({ ref, properties: Lambda.parse(properties) }))
    .filter(({ properties }) => properties.Runtime.startsWith('nodejs'))
    .map(({ ref, properties }) => ({
      name: ref,
      codeDirectory: account.assetPath(properties.Code.S3Key),
      handler: properties.Handler,
      environment: properties.Environment.Variables,
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      roleAccessKeyId: account.callerOf(properties.Role),
    }));
}

const EventSourceMapping = z.object({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});

/** SQS's default for a queue that does not set one. */
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30;

export function eventSourceMappingsOf(account: Account): EventSourceMappingDefinition[] {
  const queues = new Map(account.all('AWS::SQS::Queue').map(queue => [queue.attributes['Arn'], queue]));
  return account.all('AWS::Lambda::EventSourceMapping').map(({ properties }) => {
    const mapping = EventSourceMapping.parse(properties);
    const queue = queues.get(mapping.EventSourceArn);
    const visibilityTimeout = queue?.properties['VisibilityTimeout'] ?? DEFAULT_VISIBILITY_TIMEOUT_SECONDS;
    return {
      functionName: mapping.FunctionName,
      queueArn: mapping.EventSourceArn,
      queueUrl: queue?.ref ?? '',
      batchSize: mapping.BatchSize,
      windowSeconds: mapping.MaximumBatchingWindowInSeconds,
      reportBatchItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
      visibilityTimeoutSeconds: Number(visibilityTimeout),
      ...(mapping.ScalingConfig === undefined
        ? {}
        : { maximumConcurrency: mapping.ScalingConfig.MaximumConcurrency }),
    };
  });
}
