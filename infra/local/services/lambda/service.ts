import type { ApiTraits } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { capability } from '../../kernel/capability.ts';
import { jsonRefusal } from '../../kernel/permissions/refusal.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { lambdaAccess } from './access.ts';
import { eventSourceMappingsOf, functionsOf } from './definitions.ts';
import { type EventSourceMappingDefinition, startEventSourceMapping } from './event-source-mapping.ts';
import { functionArn, type StartEnvironment } from './execution-environment.ts';
import type { FunctionDefinition, InvocationResult } from './function-definition.ts';
import { createFunctionPool } from './function-pool.ts';
import { invocationOf, requirePolling } from './permissions.ts';

export interface LambdaOptions {
  /** Where functions run. @default each in a process of its own */
  readonly startEnvironment?: StartEnvironment;
}

/**
 * Runs a function and waits for its answer, as `FunctionPool.invoke` says. Permissions are up to
 * the caller.
 */
export const invokeFunction = capability<
  [name: string, payload: string, onStart?: () => void],
  Promise<InvocationResult>
>('lambda.invokeFunction');

/** Kills the processes of the functions that have a role, by its name, as failing hosts do. */
export const crashFunctions = capability<[role: string], void>('lambda.crashFunctions');

const types: ResourceTypes = {
  'AWS::Lambda::Function': {
    identity: ({ named }) => {
      const name = named('FunctionName').slice(0, 64);
      return { ref: name, attributes: { Arn: functionArn(name) } };
    },
    emulated: ['FunctionName', 'Code', 'Environment', 'Handler', 'MemorySize', 'Role', 'Runtime', 'Timeout'],
    accepted: ['Architectures', 'Description', 'Layers', 'LoggingConfig'],
  },
  'AWS::Lambda::EventSourceMapping': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: [
      'BatchSize',
      'EventSourceArn',
      'FunctionName',
      'FunctionResponseTypes',
      'MaximumBatchingWindowInSeconds',
      'ScalingConfig',
    ],
  },
  'AWS::Lambda::Permission': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: ['Action', 'FunctionName', 'Principal', 'SourceArn'],
  },
  'AWS::Lambda::LayerVersion': {
    identity: ({ logicalId }) => refOnly(arnOf('lambda', `layer:${logicalId}:1`)),
    emulated: [],
    accepted: ['Content', 'Description'],
  },
};

const api: ApiTraits = {
  actionOf({ method, url }) {
    const [path = ''] = url.split('?');
    if (path.endsWith('/account-settings')) return 'GetAccountSettings';
    return path.endsWith('/invocations') ? 'InvokeFunction' : `${method} ${path}`;
  },
  requirementsOf({ url }, action) {
    if (action !== 'InvokeFunction') return undefined;
    const [, , , reference = ''] = url.split(/[/?]/);
    return [invocationOf(decodeURIComponent(reference))];
  },
  refuse: denial => jsonRefusal(denial, 'REST'),
};

interface Definitions {
  readonly functions: readonly FunctionDefinition[];
  readonly mappings: readonly EventSourceMappingDefinition[];
}

export const lambda: Service<Definitions, LambdaOptions> = {
  name: 'lambda',
  types,
  apis: { lambda: api },
  access: lambdaAccess,
  parse: account => ({ functions: functionsOf(account), mappings: eventSourceMappingsOf(account) }),
  async start({ functions, mappings }, cloud) {
    const { permissions, callAws, journal, timeScale } = cloud;
    const callers = new Map(functions.map(({ name, roleAccessKeyId }) => [name, roleAccessKeyId]));
    for (const [name, caller] of callers)
      await permissions.requireTrust(caller, 'lambda.amazonaws.com', functionArn(name));
    const pool = createFunctionPool({
      functions,
      endpoint: cloud.endpoint,
      localUrls: cloud.localUrls,
      journal,
      timeScale,
      startEnvironment: cloud.options.startEnvironment,
    });
    return {
      apis: { lambda: pool.handle },
      offers: [invokeFunction.offer(pool.invoke), crashFunctions.offer(pool.crash)],
      async begin() {
        for (const { functionName, queueArn } of mappings)
          await requirePolling(permissions, callers.get(functionName) ?? '', queueArn);
        const started = mappings.map(mapping =>
          startEventSourceMapping(mapping, {
            callAws,
            caller: callers.get(mapping.functionName) ?? '',
            invoke: pool.invoke,
            journal,
            timeScale,
          }),
        );
        return async () => {
          await Promise.all(started.map(({ stop }) => stop()));
        };
      },
      stop: pool.stop,
    };
  },
};
