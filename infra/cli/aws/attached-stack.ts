import { setTimeout } from 'node:timers/promises';
import {
  ChangeSetNotFoundException,
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  paginateDescribeStackEvents,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import type { FoundStack, StackChanges } from '../attachment/deployment.ts';
import { CommandError } from '../command.ts';
import type { Stack } from './stack.ts';

/** One name, so that a run finds what an interrupted one has left. */
const ChangeSetName = 'attach';

/** What CloudFormation says of a change set that would change nothing. */
const WITHOUT_CHANGES = /didn't contain changes|No updates are to be performed/;

/** CloudFormation takes one call a second and more; a stack takes minutes. */
const POLL_MS = 2000;
const LOCAL_POLL_MS = 50;

interface Context {
  readonly cloudFormation: CloudFormationClient;
  readonly changeSet: { readonly StackName: string; readonly ChangeSetName: string };
  readonly pollMs: number;
}

/** The stack of an attachment, by change sets. @param isLocal the local cloud is fast */
export function openAttachedStack(
  { name: StackName, client }: Pick<Stack, 'name' | 'client'>,
  isLocal: boolean,
): StackChanges {
  const cloudFormation = new CloudFormationClient(client);
  const changeSet = { StackName, ChangeSetName };
  const context = { cloudFormation, changeSet, pollMs: isLocal ? LOCAL_POLL_MS : POLL_MS };
  return {
    look: () => look(cloudFormation, StackName),
    prepare: wanted => prepare(wanted, context),
    execute: async () => void (await cloudFormation.send(new ExecuteChangeSetCommand(changeSet))),
    remove: async () => void (await cloudFormation.send(new DeleteStackCommand({ StackName }))),
    follow: (id, since, onEvent) => follow({ id, since, onEvent }, context),
  };
}

/** @param StackName or its id, by which a stack is found that was removed */
async function look(client: CloudFormationClient, StackName: string): Promise<FoundStack | undefined> {
  const described = await client.send(new DescribeStacksCommand({ StackName })).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const stack = described?.Stacks?.[0];
  if (stack === undefined) return undefined;
  const { StackId = '', StackStatus = '', Tags = [], Parameters = [], Outputs = [] } = stack;
  return {
    id: StackId,
    status: StackStatus,
    tags: new Map(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    parameters: new Map(
      Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
    ),
    outputs: new Map(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue])),
  };
}

/** Removes the change set that an earlier run may have left. */
async function discard({ cloudFormation, changeSet, pollMs }: Context): Promise<void> {
  try {
    await cloudFormation.send(new DeleteChangeSetCommand(changeSet));
    // It goes a moment later, and keeps its name until then.
    for (;;) {
      await cloudFormation.send(new DescribeChangeSetCommand(changeSet));
      await setTimeout(pollMs);
    }
  } catch (error) {
    if (!(error instanceof ChangeSetNotFoundException || isMissing(error))) throw error;
  }
}

async function prepare(
  { type, templateUrl, parameters, tags }: Parameters<StackChanges['prepare']>[0],
  context: Context,
): Promise<'changes' | 'none'> {
  const { cloudFormation, changeSet, pollMs } = context;
  await discard(context);
  await cloudFormation.send(
    new CreateChangeSetCommand({
      ...changeSet,
      ChangeSetType: type,
      TemplateURL: templateUrl,
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  for (;;) {
    const described = await cloudFormation.send(new DescribeChangeSetCommand(changeSet));
    const { Status, StatusReason = '' } = described;
    if (Status === 'CREATE_COMPLETE') return 'changes';
    if (Status === 'FAILED') {
      await discard(context);
      if (WITHOUT_CHANGES.test(StatusReason)) return 'none';
      throw new CommandError(`CloudFormation refuses the template: ${StatusReason}`);
    }
    await setTimeout(pollMs);
  }
}

interface Followed {
  readonly id: string;
  readonly since: Date;
  readonly onEvent: (event: StackEvent) => void;
}

async function follow({ id, since, onEvent }: Followed, { cloudFormation, pollMs }: Context) {
  const seen = new Set<string>();
  const events: StackEvent[] = [];
  for (;;) {
    const { status = 'DELETE_COMPLETE' } = (await look(cloudFormation, id)) ?? {};
    for (const event of await eventsSince(cloudFormation, id, since)) {
      if (seen.has(event.EventId ?? '')) continue;
      seen.add(event.EventId ?? '');
      events.push(event);
      onEvent(event);
    }
    if (!status.endsWith('_IN_PROGRESS')) return { status, failure: failureIn(events) };
    await setTimeout(pollMs);
  }
}

/** Oldest first. */
async function eventsSince(client: CloudFormationClient, StackName: string, since: Date) {
  const events: StackEvent[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
    const recent = StackEvents.filter(({ Timestamp = since }) => Timestamp >= since);
    events.push(...recent);
    if (recent.length < StackEvents.length) break;
  }
  return events.reverse();
}

/** The first failure: those after it are its consequences. */
function failureIn(events: readonly StackEvent[]): string | undefined {
  const failed = events.find(
    ({ ResourceStatus = '', StackId, PhysicalResourceId }) =>
      ResourceStatus.endsWith('_FAILED') && PhysicalResourceId !== StackId,
  );
  if (failed === undefined)
    return events.find(({ ResourceStatus = '' }) => /(ROLLBACK_IN_PROGRESS|_FAILED)$/.test(ResourceStatus))
      ?.ResourceStatusReason;
  const { LogicalResourceId, ResourceType, ResourceStatusReason = 'no reason given' } = failed;
  return `${LogicalResourceId} (${ResourceType}): ${ResourceStatusReason}`;
}

/** CloudFormation has no error of its own for a stack that is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
