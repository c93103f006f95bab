import { z } from 'zod';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { parseResource } from '../../template/parse-resource.ts';
import type { Resource } from '../../template/resource.ts';

/** What a metric measures: a namespace, a name, and the values of its dimensions. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmDefinition {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly metric: MetricId;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount';
  readonly periodMinutes: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: keyof typeof COMPARISONS;
  readonly treatMissingData: 'breaching' | 'notBreaching';
  /** Minutes from its creation to its first evaluation. */
  readonly warmUpMinutes: number;
  readonly actions: { readonly alarm: readonly string[]; readonly ok: readonly string[] };
}

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: {
    words: 'greater than or equal to',
    holds: (a: number, b: number) => a >= b,
  },
  GreaterThanThreshold: { words: 'greater than', holds: (a: number, b: number) => a > b },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', holds: (a: number, b: number) => a <= b },
  LessThanThreshold: { words: 'less than', holds: (a: number, b: number) => a < b },
} as const;

const Alarm = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string().default(''),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]),
  Statistic: z.enum(['Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount']),
  Period: z.number().multipleOf(60, 'Periods below a minute are not emulated'),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanOrEqualToThreshold',
    'LessThanThreshold',
  ]),
  TreatMissingData: z.enum(['breaching', 'notBreaching']),
  WarmUpConfiguration: z
    .strictObject({
      WarmUpPeriodDurationInMinutes: z.number(),
      OnlyStartEvaluatingAfterWarmUpPeriodEnds: z.literal(true, 'A warm-up that data ends is not emulated'),
    })
    .optional(),
  AlarmActions: z.array(z.string()).default([]),
  OKActions: z.array(z.string()).default([]),
});

/** @throws Error naming the alarm and each property that is wrong or not emulated */
export function alarmOf({ logicalId, properties }: Resource): AlarmDefinition {
  const data = parseResource(Alarm, `AWS::CloudWatch::Alarm ${logicalId}`, properties);
  return {
    name: data.AlarmName,
    arn: `arn:aws:cloudwatch:${LOCAL_REGION}:${LOCAL_ACCOUNT}:alarm:${data.AlarmName}`,
    description: data.AlarmDescription,
    metric: {
      namespace: data.Namespace,
      name: data.MetricName,
      dimensions: Object.fromEntries(data.Dimensions.map(({ Name, Value }) => [Name, Value])),
    },
    statistic: data.Statistic,
    periodMinutes: data.Period / 60,
    evaluationPeriods: data.EvaluationPeriods,
    datapointsToAlarm: data.DatapointsToAlarm ?? data.EvaluationPeriods,
    threshold: data.Threshold,
    comparison: data.ComparisonOperator,
    treatMissingData: data.TreatMissingData,
    warmUpMinutes: data.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 0,
    actions: { alarm: data.AlarmActions, ok: data.OKActions },
  };
}

/**
 * Number of periods that CloudWatch retrieves: more than it evaluates, so that late data count. It
 * does not say how many more; its examples retrieve five for three (user guide, "Configuring how
 * CloudWatch alarms treat missing data").
 */
export function retrievedPeriods({ evaluationPeriods }: AlarmDefinition): number {
  return evaluationPeriods + 2;
}

export interface Judgement {
  readonly state: 'OK' | 'ALARM';
  /** In CloudWatch's words. */
  readonly reason: string;
}

/**
 * Judges the newest datapoints there are, up to the number of evaluated periods. Only what is
 * missing from that number is treated as the alarm says.
 *
 * @param datapoints of the retrieved periods, newest first; undefined if nothing was reported
 */
export function judge(alarm: AlarmDefinition, datapoints: readonly (number | undefined)[]): Judgement {
  const { evaluationPeriods, datapointsToAlarm, threshold, treatMissingData } = alarm;
  const { words, holds } = COMPARISONS[alarm.comparison];
  const known = datapoints.filter(value => value !== undefined).slice(0, evaluationPeriods);
  const missing = evaluationPeriods - known.length;
  const breaching = known.filter(value => holds(value, threshold));
  const breaches = breaching.length + (treatMissingData === 'breaching' ? missing : 0);
  const isAlarm = breaches >= datapointsToAlarm;
  const state = isAlarm ? 'ALARM' : 'OK';
  if (known.length === 0) {
    const treated = treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching';
    const periods = `${evaluationPeriods} ${plural('period', evaluationPeriods)}`;
    const treatment = `${missing} missing ${plural('datapoint', missing)} ${missing === 1 ? 'was' : 'were'} treated as [${treated}]`;
    return {
      state,
      reason: `Threshold Crossed: no datapoints were received for ${periods} and ${treatment}.`,
    };
  }
  const told = isAlarm ? breaching : known;
  const count = isAlarm
    ? `${told.length} out of the last ${evaluationPeriods} datapoints`
    : `${told.length} ${plural('datapoint', told.length)}`;
  const verb = `${told.length === 1 ? 'was' : 'were'} ${isAlarm ? '' : 'not '}${words}`;
  return {
    state,
    reason: `Threshold Crossed: ${count} [${told.join(', ')}] ${verb} the threshold (${threshold}).`,
  };
}

function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}
