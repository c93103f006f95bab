import { Aws, type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { WORKFLOW } from '#assets';
import type { SiteDistribution } from './auto-invalidation-props.ts';
import type { RefreshTable } from './refresh-table.ts';
import type { ServiceFunction } from './service-function.ts';
import { uniquePath } from './unique-path.ts';

export interface RefreshStateMachineProps {
  readonly invalidate: ServiceFunction;
  readonly verify: ServiceFunction;
  readonly report: ServiceFunction;
  readonly table: RefreshTable;
  readonly distributions: readonly SiteDistribution[];
  readonly quietPeriod: Duration;
  readonly maxLooks: number;
  readonly logRetention: RetentionDays;
}

/** Follows one refresh until the edge is fresh. */
export class RefreshStateMachine extends StateMachine {
  constructor(scope: Construct, id: string, props: RefreshStateMachineProps) {
    const { invalidate, verify, report, table, distributions } = props;
    super(scope, id, {
      comment: 'Follows one refresh until the edge is fresh',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(WORKFLOW),
      definitionSubstitutions: {
        Partition: Aws.PARTITION,
        RefreshTable: table.tableName,
        InvalidateFunction: invalidate.functionArn,
        VerifyFunction: verify.functionArn,
        ReportFunction: report.functionArn,
        QuietSeconds: String(props.quietPeriod.toSeconds()),
        MaxLooks: String(props.maxLooks),
      },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(scope, `${id}Logs`, {
          // Below this prefix AWS needs no entry for each group in the account's one, short
          // resource policy.
          logGroupName: `/aws/vendedlogs/states/${uniquePath(scope)}`,
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    for (const step of [invalidate, verify, report])
      this.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [step.functionArn] }),
      );
    table.allow(this, 'dynamodb:GetItem');
    for (const { distribution } of distributions) distribution.grant(this, 'cloudfront:GetInvalidation');
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and CloudWatch log delivery have no resources to name.',
    });
  }

  /**
   * An execution that is stopped, or fails outside of what its states catch (`States.Runtime`),
   * runs no further step: without this, its refresh would seem to go on for ever. One that has
   * reported its failure is reported once more, which changes nothing: the first end is kept.
   */
  reportStopped(scope: Construct, report: ServiceFunction): void {
    const rules = {
      Stopped: { statuses: ['ABORTED', 'TIMED_OUT'], what: 'was stopped' },
      Failed: { statuses: ['FAILED'], what: 'failed before it could report: its own error says why' },
    };
    for (const [id, { statuses, what }] of Object.entries(rules)) {
      const event = RuleTargetInput.fromObject({
        refreshId: EventField.fromPath('$.detail.name'),
        failure: { Error: EventField.fromPath('$.detail.status'), Cause: `Its execution ${what}` },
      });
      new Rule(scope, id, {
        description: `Has a refresh reported whose execution ended as ${statuses.join(' or ')}`,
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: { status: statuses, stateMachineArn: [this.stateMachineArn] },
        },
        targets: [new LambdaFunction(report, { event })],
      });
    }
  }
}
