import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { createDeployments } from '../../infra/local/kernel/deployments.ts';
import { openDurableStore } from '../../infra/local/kernel/durable-map.ts';
import type { Cloud } from '../../infra/local/kernel/service.ts';
import { createCloudFormation } from '../../infra/local/services/cloudformation/cloudformation.ts';
import { createStackRecords } from '../../infra/local/services/cloudformation/stack-records.ts';
import { type LoadedStack, stackIdOf } from '../../infra/local/template/template.ts';

/** A CloudFormation that describes stacks, and deploys nothing. */
export function describing(stacks: readonly Omit<LoadedStack, 'id'>[], createdAt: Date): AwsService {
  return createCloudFormation({
    stacks: () => stacks.map(stack => ({ ...stack, id: stackIdOf(stack.name) })),
    createdAt,
    records: createStackRecords(openDurableStore()),
    operations: { deploy: refuse, remove: refuse },
    callAws: refuse,
  });
}

/** For services that are started once. */
export const STARTED_ONCE: Pick<Cloud, 'deployments' | 'lasting'> = {
  deployments: createDeployments({ resolve: refuse, start: refuse }),
  lasting: (_, make) => make(),
};

function refuse(): never {
  throw new Error('Nothing is deployed here');
}
