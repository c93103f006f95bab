import { type Duration, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import { METRICS_NAMESPACE } from '../../../shared/metric-source.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { ServiceFunction } from './service-function.ts';

/** What alarms and the dashboard look at. */
export interface Watched {
  readonly siteChanges: { readonly queue: Queue; readonly deadLetterQueue: Queue };
  readonly mail: { readonly queue: Queue; readonly deadLetterQueue: Queue };
  readonly functions: readonly ServiceFunction[];
  readonly stateMachine: StateMachine;
  /** The students' part of the stack, where there is one. */
  readonly students?: {
    readonly api: RestApi;
    /** Namespace of its metrics. */
    readonly metricsNamespace: string;
  };
}

/** The functions of a stack, but for those that only deploy it: of their errors the deployment tells. */
export function workingFunctions(stack: Stack): ServiceFunction[] {
  return stack.node
    .findAll()
    .filter(node => node instanceof ServiceFunction)
    .filter(node => !(node instanceof DeploymentFunction));
}

/** A metric that the functions of a construct's stack write into their logs (EMF). */
export function ownMetric(
  scope: IConstruct,
  metricName: string,
  statistic: string,
  period: Duration,
  namespace = METRICS_NAMESPACE,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { service: Stack.of(scope).stackName },
    statistic,
    period,
  });
}
