import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import { type Resource, type ResourceTypes, refOnly } from '../../template/resource.ts';
import { publishEvent } from '../events/service.ts';
import { measureQueue } from '../sqs/service.ts';
import { createCloudWatch } from './cloudwatch.ts';
import type { Dashboard } from './cloudwatch-api.ts';

export interface CloudWatchServiceOptions {
  /**
   * Evaluates the template's alarms once a minute, and mails them; by hand: whenever `passMinute`
   * is called.
   *
   * @default true
   */
  readonly alarms?: boolean | 'by hand';
}

/** Lets a minute of CloudWatch's time pass, if alarms are evaluated by hand. */
export const passMinute = capability<[], void>('cloudwatch.passMinute');

const types: ResourceTypes = {
  'AWS::CloudWatch::Alarm': {
    identity: ({ named }) => refOnly(named('AlarmName')),
    emulated: [
      'AlarmDescription',
      'AlarmName',
      'ComparisonOperator',
      'DatapointsToAlarm',
      'Dimensions',
      'EvaluationPeriods',
      'MetricName',
      'Namespace',
      'Period',
      'Statistic',
      'Threshold',
      'TreatMissingData',
      'WarmUpConfiguration',
    ],
    accepted: ['AlarmActions', 'OKActions'],
  },
  'AWS::CloudWatch::Dashboard': {
    identity: ({ named }) => refOnly(named('DashboardName')),
    emulated: [],
    accepted: ['DashboardBody', 'DashboardName'],
  },
};

interface Definitions {
  readonly alarms: readonly Resource[];
  readonly queueNames: readonly string[];
  readonly dashboards: readonly Dashboard[];
}

export const cloudwatch: Service<Definitions, CloudWatchServiceOptions> = {
  name: 'cloudwatch',
  types,
  needs: [publishEvent, measureQueue],
  parse: account => ({
    alarms: account.all('AWS::CloudWatch::Alarm'),
    queueNames: account.all('AWS::SQS::Queue').map(({ attributes }) => attributes['QueueName'] ?? ''),
    dashboards: account
      .all('AWS::CloudWatch::Dashboard')
      .map(({ ref, properties }) => ({ name: ref, body: String(properties['DashboardBody']) })),
  }),
  start(definitions, { options: { alarms = true }, journal, store, timeScale, use }) {
    const cloudWatch = createCloudWatch({
      ...definitions,
      publish: use(publishEvent),
      measureQueue: use(measureQueue),
      journal,
      store,
      timeScale,
      byHand: alarms === 'by hand',
    });
    return {
      apis: { monitoring: cloudWatch.api },
      offers: [passMinute.offer(cloudWatch.passMinute)],
      begin() {
        if (alarms === true) cloudWatch.start();
        return undefined;
      },
      stop: cloudWatch.stop,
    };
  },
};
