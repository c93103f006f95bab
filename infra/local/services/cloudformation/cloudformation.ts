import {
  AwsError,
  type AwsService,
  answeringErrors,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
} from '../../kernel/aws-api.ts';
import { queryParameters, queryResponse } from '../../kernel/query-protocol.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';
import type { LoadedStack } from '../../template/template.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

export function stackIdOf(stackName: string): string {
  return `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${stackName}/local`;
}

/**
 * The read-only half of CloudFormation: outputs and resources.
 *
 * @param stacks as they are known at each call
 */
export function createCloudFormation(stacks: () => readonly LoadedStack[], createdAt: Date): AwsService {
  const status = { CreationTime: createdAt.toISOString(), StackStatus: 'CREATE_COMPLETE' };

  const actions: Readonly<Record<string, (parameters: URLSearchParams) => object>> = {
    DescribeStacks: parameters => {
      const name = parameters.get('StackName');
      const described = (name === null ? stacks() : [stackNamed(name)]).map(stack => ({
        ...identityOf(stack),
        ...status,
        Outputs: {
          member: Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({
            OutputKey,
            OutputValue,
          })),
        },
      }));
      return { Stacks: { member: described } };
    },
    ListStackResources: parameters => {
      const { resources } = stackNamed(parameters.get('StackName') ?? '');
      const member = resources.map(({ logicalId, type, ref }) => ({
        LogicalResourceId: logicalId,
        PhysicalResourceId: ref,
        ResourceType: type,
        ResourceStatus: 'CREATE_COMPLETE',
        LastUpdatedTimestamp: status.CreationTime,
      }));
      return { StackResourceSummaries: { member } };
    },
  };

  /** By name or id. */
  function stackNamed(name: string): LoadedStack {
    const stack = stacks().find(each => name === each.name || name === stackIdOf(each.name));
    if (stack !== undefined) return stack;
    throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
  }

  return answeringErrors(
    async request => {
      const parameters = queryParameters(request);
      const name = parameters.get('Action') ?? '';
      const action = actions[name];
      if (action === undefined)
        throw new AwsError('InvalidAction', `The local cloud does not emulate ${name}`);
      return queryResponse(name, action(parameters), NAMESPACE);
    },
    error => xmlErrorResponse(error, NAMESPACE),
  );
}

function identityOf({ name }: LoadedStack) {
  return { StackName: name, StackId: stackIdOf(name) };
}
