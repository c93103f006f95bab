import { CustomResource, Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ServiceFunction } from './service-function.ts';

/** How long CloudFormation waits for an answer. Its own default is an hour. */
const LONGEST_WAIT = Duration.minutes(5);

export interface DeploymentFunctionProps {
  readonly handler: string;
  readonly description: string;
  readonly permissions: readonly PolicyStatement[];
}

/**
 * A function that CloudFormation calls for a custom resource while a stack is deployed or removed.
 */
export class DeploymentFunction extends ServiceFunction {
  constructor(scope: Construct, id: string, { permissions, ...props }: DeploymentFunctionProps) {
    super(scope, id, { ...props, environment: {}, timeout: Duration.minutes(1) });
    for (const permission of permissions) this.addToRolePolicy(permission);
  }

  /** @param properties strings and lists that CloudFormation passes to the function */
  serve(
    scope: Construct,
    id: string,
    resourceType: `Custom::${string}`,
    properties: Readonly<Record<string, string | readonly string[]>>,
  ): CustomResource {
    return new CustomResource(scope, id, {
      serviceToken: this.functionArn,
      resourceType,
      serviceTimeout: LONGEST_WAIT,
      properties,
    });
  }
}
