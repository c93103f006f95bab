import { XMLBuilder } from 'fast-xml-parser';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
} from '../../kernel/aws-api.ts';
import type { LoadedStack } from '../../template/template.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

export function stackIdOf(stackName: string): string {
  return `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${stackName}/local`;
}

/** The read-only half of CloudFormation: outputs and resources. */
export function createCloudFormation(stacks: readonly LoadedStack[], createdAt: Date): AwsService {
  const status = { CreationTime: createdAt.toISOString(), StackStatus: 'CREATE_COMPLETE' };

  const actions: Readonly<Record<string, (parameters: URLSearchParams) => object>> = {
    DescribeStacks: parameters => {
      const name = parameters.get('StackName');
      const described = (name === null ? stacks : [stackNamed(name)]).map(stack => ({
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
    ListStacks: () => ({
      StackSummaries: { member: stacks.map(stack => ({ ...identityOf(stack), ...status })) },
    }),
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
    const stack = stacks.find(each => name === each.name || name === stackIdOf(each.name));
    if (stack !== undefined) return stack;
    throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
  }

  return async (request: AwsRequest): Promise<AwsResponse> => {
    const parameters =
      request.method === 'GET'
        ? new URL(request.url, 'http://aws').searchParams
        : new URLSearchParams(request.body.toString());
    const name = parameters.get('Action') ?? '';
    try {
      const action = actions[name];
      if (action === undefined)
        throw new AwsError('InvalidAction', `The local cloud does not emulate ${name}`);
      const result = action(parameters);
      return xml(200, { [`${name}Response`]: { '@_xmlns': NAMESPACE, [`${name}Result`]: result } });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code: Code, message: Message } = error;
      return xml(error.status, {
        ErrorResponse: { '@_xmlns': NAMESPACE, Error: { Type: 'Sender', Code, Message }, RequestId: 'local' },
      });
    }
  };
}

function identityOf({ name }: LoadedStack) {
  return { StackName: name, StackId: stackIdOf(name) };
}

const builder = new XMLBuilder({ ignoreAttributes: false });

function xml(status: number, content: object): AwsResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body: builder.build(content) };
}
