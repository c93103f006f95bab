import type { Resource } from '../../../../infra/local/template/resource.ts';

/** An alarm resource on errors of a function `worker`: one in five minutes raises it. */
export function alarmResource(name: string, properties: Readonly<Record<string, unknown>> = {}): Resource {
  return {
    logicalId: name,
    type: 'AWS::CloudWatch::Alarm',
    ref: name,
    attributes: {},
    properties: {
      AlarmName: name,
      AlarmDescription: 'The worker failed.',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: 'worker' }],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      ...properties,
    },
  };
}
