import { AwsError, type AwsService, answeringErrors } from '../../kernel/aws-api.ts';
import { queryParameters, queryResponse } from '../../kernel/query-protocol.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';
import type { Resource } from '../../template/resource.ts';
import type { LoadedStack } from '../../template/template.ts';
import { changeSetActions, membersOf } from './change-sets.ts';
import type { StackOperations } from './stack-operations.ts';
import type { StackEvent, StackRecord, StackRecords } from './stack-records.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** CloudFormation has pages of unknown length. These are small, so that clients meet several. */
const EVENTS_PER_PAGE = 50;

export interface CloudFormationOptions {
  /** As they are known at each call. */
  stacks(): readonly LoadedStack[];
  /** Of the stacks with which the local cloud was started. */
  readonly createdAt: Date;
  /** Of the stacks that change sets make. */
  readonly records: StackRecords;
  readonly operations: StackOperations;
  readonly callAws: AwsService;
}

/** Stacks: those of the start are described, those of change sets are made and removed as well. */
export function createCloudFormation(options: CloudFormationOptions): AwsService {
  const { stacks, records } = options;
  const createdAt = options.createdAt.toISOString();
  const given = () => stacks().filter(({ id }) => records.find(id) === undefined);

  const describe = (record: StackRecord | LoadedStack) => {
    const { id, name } = record;
    const outputs = stacks().find(stack => stack.id === id)?.outputs ?? {};
    const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
    return {
      StackName: name,
      StackId: id,
      ...('status' in record ? stateOf(record) : { CreationTime: createdAt, StackStatus: 'CREATE_COMPLETE' }),
      Outputs: { member },
    };
  };
  /** By name or id. */
  const stackNamed = (name: string): StackRecord | LoadedStack => {
    const stack = given().find(each => name === each.name || name === each.id) ?? records.find(name);
    if (stack !== undefined) return stack;
    throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
  };

  const actions: ReturnType<typeof changeSetActions> = {
    ...changeSetActions({
      ...options,
      isGiven: name => given().some(each => name === each.name || name === each.id),
    }),
    DescribeStacks: parameters => {
      const name = parameters.get('StackName');
      const described = name === null ? [...given(), ...records.all()] : [stackNamed(name)];
      return { Stacks: { member: described.map(describe) } };
    },
    DescribeStackEvents: parameters => {
      const stack = stackNamed(parameters.get('StackName') ?? '');
      return pageOfEvents('events' in stack ? stack.events : [], parameters.get('NextToken'));
    },
    ListStackResources: parameters => {
      const { id } = stackNamed(parameters.get('StackName') ?? '');
      const resources = stacks().find(stack => stack.id === id)?.resources ?? [];
      const member = resources.map(resource => summaryOf(resource, createdAt));
      return { StackResourceSummaries: { member } };
    },
  };

  return answeringErrors(
    async request => {
      const parameters = queryParameters(request);
      const name = parameters.get('Action') ?? '';
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined)
        throw new AwsError('InvalidAction', `The local cloud does not emulate ${name}`);
      return queryResponse(name, await action(parameters), NAMESPACE);
    },
    error => xmlErrorResponse(error, NAMESPACE),
  );
}

const summaryOf = ({ logicalId, type, ref }: Resource, LastUpdatedTimestamp: string) => ({
  LogicalResourceId: logicalId,
  PhysicalResourceId: ref,
  ResourceType: type,
  ResourceStatus: 'CREATE_COMPLETE',
  LastUpdatedTimestamp,
});

/** Newest first. @param from the event with which the page begins, or the first one */
function pageOfEvents(events: readonly StackEvent[], from: string | null) {
  const newestFirst = events.toReversed();
  const first = Math.max(
    0,
    newestFirst.findIndex(({ EventId }) => EventId === from),
  );
  const next = newestFirst[first + EVENTS_PER_PAGE];
  return {
    StackEvents: { member: newestFirst.slice(first, first + EVENTS_PER_PAGE) },
    ...(next === undefined ? {} : { NextToken: next.EventId }),
  };
}

function stateOf({ createdAt, status, statusReason = '', tags, content }: StackRecord) {
  return {
    CreationTime: createdAt,
    StackStatus: status,
    ...(statusReason === '' ? {} : { StackStatusReason: statusReason }),
    Parameters: { member: membersOf(content?.parameters ?? {}) },
    Tags: { member: tags },
  };
}
