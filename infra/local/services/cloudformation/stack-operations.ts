import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AwsService } from '../../kernel/aws-api.ts';
import type { Deployments } from '../../kernel/service.ts';
import type { Resource } from '../../template/resource.ts';
import type { LoadedStack } from '../../template/template.ts';
import { fetchAssets } from './assets.ts';
import type { CustomResources } from './custom-resources.ts';
import { ResourceFailedError } from './resource-failure.ts';
import { DELETED, resolved, type StackRecord, type StackRecords, type Wanted } from './stack-records.ts';

export interface StackOperations {
  /** Creates or updates a stack. Its record tells how far that is, and how it ended. */
  deploy(record: StackRecord, wanted: Wanted): void;
  /** Removes a stack with all its resources. */
  remove(record: StackRecord): void;
}

export interface StackOperationsOptions {
  readonly records: StackRecords;
  readonly deployments: Deployments;
  readonly callAws: AwsService;
  /** Folder for what functions and state machines are made of. */
  readonly folder: string;
  readonly customResources: CustomResources;
}

const STACK_TYPE = 'AWS::CloudFormation::Stack';

export function createStackOperations(options: StackOperationsOptions): StackOperations {
  const { records, deployments } = options;
  return {
    deploy(record, wanted) {
      const operation = record.content === undefined ? 'CREATE' : 'UPDATE';
      const narrate = narrator(records, record);
      if (operation === 'CREATE') records.change(record.id, { tags: wanted.tags });
      narrate.stack(`${operation}_IN_PROGRESS`, 'User Initiated');
      deployments.perform(() => deployStack(record, { wanted, operation, narrate }, options));
    },
    remove(record) {
      const narrate = narrator(records, record);
      narrate.stack('DELETE_IN_PROGRESS', 'User Initiated');
      deployments.perform(() => removeStack(record, narrate, options));
    },
  };
}

/** How an operation ends that was cut because the local cloud was killed. */
const CUT: readonly (readonly [RegExp, string])[] = [
  [/^DELETE_IN_PROGRESS$/, 'DELETE_FAILED'],
  [/^UPDATE_.*IN_PROGRESS$/, 'UPDATE_ROLLBACK_COMPLETE'],
  [/^(CREATE|ROLLBACK)_IN_PROGRESS$/, 'ROLLBACK_COMPLETE'],
];

/** Ends what nobody goes on with. What a stack was before it is deployed with the start. */
export function endCutOperations(records: StackRecords): void {
  for (const record of records.all()) {
    const [, status] = CUT.find(([cut]) => cut.test(record.status)) ?? [];
    if (status !== undefined)
      narrator(records, record).stack(status, 'The local cloud was stopped meanwhile');
  }
}

interface Task {
  readonly wanted: Wanted;
  readonly operation: 'CREATE' | 'UPDATE';
  readonly narrate: Narrator;
}

async function deployStack(
  record: StackRecord,
  { wanted, operation, narrate }: Task,
  options: StackOperationsOptions,
): Promise<void> {
  const { records, deployments } = options;
  const others = deployments.stacks().filter(({ id }) => id !== record.id);
  const before = record.content && resolved(record, record.content, deployments.resolve);
  let next: LoadedStack | undefined;
  try {
    next = resolved(record, { ...wanted, assets: {} }, deployments.resolve);
    const content = { ...wanted, assets: await assetsOf(next, options) };
    next = resolved(record, content, deployments.resolve);
    for (const resource of next.resources) narrate.resource(resource, `${operation}_IN_PROGRESS`);
    if (before !== undefined) await options.customResources.remove(before, next);
    await deployments.deploy([...others, next]);
    for (const resource of next.resources) narrate.resource(resource, `${operation}_COMPLETE`);
    await removeLeft(before, next, deployments, narrate);
    records.change(record.id, { content, tags: wanted.tags });
    narrate.stack(`${operation}_COMPLETE`);
  } catch (error) {
    const failed = narrateFailure(error, next, operation, narrate);
    const rollback = operation === 'CREATE' ? 'ROLLBACK' : 'UPDATE_ROLLBACK';
    narrate.stack(`${rollback}_IN_PROGRESS`, failed);
    await deployments.deploy(before === undefined ? others : [...others, before]);
    await removeLeft(next, before, deployments, narrate);
    narrate.stack(`${rollback}_COMPLETE`);
  }
}

async function removeStack(
  record: StackRecord,
  narrate: Narrator,
  { records, deployments, customResources }: StackOperationsOptions,
): Promise<void> {
  const stack = record.content && resolved(record, record.content, deployments.resolve);
  try {
    if (stack !== undefined) {
      await customResources.remove(stack);
      await deployments.deploy(deployments.stacks().filter(({ id }) => id !== record.id));
      await removeLeft(stack, undefined, deployments, narrate);
    }
    const { content: _, ...rest } = records.find(record.id) ?? record;
    records.replace({ ...rest, changeSets: [] });
    narrate.stack(DELETED);
  } catch (error) {
    narrateFailure(error, stack, 'DELETE', narrate);
    narrate.stack('DELETE_FAILED', reasonOf(error));
  }
}

/** Removes what one version of a stack has and the other has not. */
async function removeLeft(
  from: LoadedStack | undefined,
  to: LoadedStack | undefined,
  deployments: Deployments,
  narrate: Narrator,
): Promise<void> {
  const staying = new Set(to?.resources.map(({ ref }) => ref));
  for (const resource of from?.resources.toReversed() ?? []) {
    if (staying.has(resource.ref)) continue;
    await deployments.remove(resource);
    narrate.resource(resource, DELETED);
  }
}

const assetsOf = (stack: LoadedStack, { callAws, folder }: StackOperationsOptions) =>
  fetchAssets(stack, { callAws, folder: join(folder, stack.name) });

/** @returns why the stack is rolled back */
function narrateFailure(
  error: unknown,
  stack: LoadedStack | undefined,
  operation: string,
  narrate: Narrator,
): string {
  if (!(error instanceof ResourceFailedError)) return reasonOf(error);
  const resource = stack?.resources.find(({ logicalId }) => logicalId === error.logicalId);
  if (resource !== undefined) narrate.resource(resource, `${operation}_FAILED`, error.reason);
  const verb = operation.toLowerCase();
  return `The following resource(s) failed to ${verb}: [${error.logicalId}]. Rollback requested by user.`;
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Writes events, and the stack's status with its own. */
interface Narrator {
  stack(status: string, reason?: string): void;
  resource(resource: Resource, status: string, reason?: string): void;
}

function narrator(records: StackRecords, { id, name }: StackRecord): Narrator {
  const record = (
    [LogicalResourceId, PhysicalResourceId, ResourceType]: readonly [string, string, string],
    ResourceStatus: string,
    reason?: string,
  ) => {
    const event = {
      EventId: randomUUID(),
      StackId: id,
      StackName: name,
      LogicalResourceId,
      PhysicalResourceId,
      ResourceType,
      Timestamp: new Date().toISOString(),
      ResourceStatus,
      ...(reason === undefined ? {} : { ResourceStatusReason: reason }),
    };
    records.change(id, { events: [...(records.find(id)?.events ?? []), event] });
  };
  return {
    stack(status, reason) {
      record([name, id, STACK_TYPE], status, reason);
      records.change(id, { status, statusReason: reason ?? '' });
    },
    resource: ({ logicalId, ref, type }, status, reason) => record([logicalId, ref, type], status, reason),
  };
}
