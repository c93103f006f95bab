import { CustomResource, Duration } from 'aws-cdk-lib';
import { Policy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ServiceFunction } from './service-function.ts';

/** How long CloudFormation waits for an answer. Its own default is an hour. */
const LONGEST_WAIT = Duration.minutes(5);

export interface DeploymentFunctionProps {
  readonly handler: string;
  readonly description: string;
  readonly permissions: readonly PolicyStatement[];
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
}

/**
 * A function that CloudFormation calls for a custom resource while a stack is deployed or removed.
 */
export class DeploymentFunction extends ServiceFunction {
  constructor(
    scope: Construct,
    id: string,
    { permissions, environment = {}, ...props }: DeploymentFunctionProps,
  ) {
    super(scope, id, { ...props, environment, timeout: Duration.minutes(1) });
    for (const permission of permissions) this.addToRolePolicy(permission);
  }

  /**
   * A policy of its own, for one resource that this function serves, which must depend on it.
   * The function is made after the policy as well: by then IAM has had some seconds to learn of it.
   */
  allow(id: string, statements: PolicyStatement[]): Policy {
    const policy = new Policy(this, id, { statements });
    this.role?.attachInlinePolicy(policy);
    this.node.defaultChild?.node.addDependency(policy);
    return policy;
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
