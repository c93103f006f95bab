import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  getAtt,
  type Resource,
  ref,
  resourceOf,
  resourcesOf,
  statementsOf,
  synthesised,
  templateWith,
} from '../helpers/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOK = readFileSync(join(ROOT, 'RUNBOOK.md'), 'utf8');

const template = synthesised();
/** What the name of every alarm begins with. */
const PREFIX = 'StudentSite/Alarms/';
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
const nameOf = ({ properties }: Resource) => String(properties['AlarmName']);
const alarmOf = (name: string) => {
  const found = alarms.find(alarm => nameOf(alarm) === `${PREFIX}${name}`);
  if (found === undefined) throw new Error(`No alarm ${name}`);
  return found.properties;
};

const queue = (id: string) => resourceOf(template, 'AWS::SQS::Queue', id).id;
const mailQueue = queue('MailQueueC');
const topic = resourceOf(template, 'AWS::SNS::Topic', 'Alarms').id;
const rule = resourceOf(template, 'AWS::Events::Rule', 'AlarmsMails');

describe('Alarms', () => {
  it.each([
    ['site-changes-dead-letters', queue('AutoInvalidationSiteChangesDead')],
    ['mail-dead-letters', queue('MailQueueDead')],
  ])('%s is raised by the first message, within a minute', (name, deadLetters) => {
    expect(alarmOf(name)).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: getAtt(deadLetters, 'QueueName') }],
      Statistic: 'Maximum',
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 1,
    });
  });

  it.each(['site-changes', 'mail'])(
    '%s-too-old is raised later than any message that merely fails would raise it',
    name => {
      const watched = name === 'mail' ? mailQueue : queue('AutoInvalidationSiteChangesQueue');
      const visibility = Number(
        resourcesOf(template, 'AWS::SQS::Queue').find(({ id }) => id === watched)?.properties[
          'VisibilityTimeout'
        ],
      );
      const { Threshold, Dimensions, MetricName } = alarmOf(`${name}-too-old`);
      expect(MetricName).toBe('ApproximateAgeOfOldestMessage');
      expect(Dimensions).toEqual([{ Name: 'QueueName', Value: getAtt(watched, 'QueueName') }]);
      // At the third receive SQS stops counting it.
      expect(Threshold).toBeGreaterThan(2 * visibility);
    },
  );

  const deploying = ['SesSendersRegister', 'AutoInvalidationSiteFind'].map(
    prefix => resourceOf(template, 'AWS::Lambda::Function', prefix).id,
  );

  it('watch the errors of every function but those that only a deployment calls, which then fails', () => {
    const functions = resourcesOf(template, 'AWS::Lambda::Function').filter(
      ({ id, properties }) => properties['Runtime'] === 'nodejs24.x' && !deploying.includes(id),
    );
    const watched = alarms
      .filter(({ properties }) => properties['MetricName'] === 'Errors')
      .map(({ properties }) => properties['Dimensions']);
    expect(new Set(watched.map(value => JSON.stringify(value)))).toEqual(
      new Set(functions.map(({ id }) => JSON.stringify([{ Name: 'FunctionName', Value: ref(id) }]))),
    );
  });

  it('take missing data for health, except for backups, which a new stack still has to make', () => {
    const breaching = alarms.filter(({ properties }) => properties['TreatMissingData'] !== 'notBreaching');
    expect(breaching.map(nameOf)).toEqual([`${PREFIX}no-backup`]);
    const { Period, EvaluationPeriods, WarmUpConfiguration } = alarmOf('no-backup');
    const minutes = (Number(Period) * Number(EvaluationPeriods)) / 60;
    expect(minutes).toBe(26 * 60);
    expect(WarmUpConfiguration).toEqual({
      WarmUpPeriodDurationInMinutes: minutes,
      OnlyStartEvaluatingAfterWarmUpPeriodEnds: true,
    });
  });
});

describe('The path from an alarm to a mail', () => {
  it('is one rule for every alarm of this stack and for no other stack’s', () => {
    expect(rule.properties).toMatchObject({
      State: 'ENABLED',
      Targets: [{ Arn: getAtt(mailQueue, 'Arn') }],
      EventPattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        resources: [{ prefix: { 'Fn::Join': ['', expect.arrayContaining([`:alarm:${PREFIX}`])] } }],
        detail: {
          $or: [
            { state: { value: ['ALARM'] } },
            { state: { value: ['OK'] }, previousState: { value: ['ALARM'] } },
          ],
        },
      },
    });
    expect(alarms.map(nameOf).filter(name => !name.startsWith(PREFIX))).toEqual([]);
  });

  it('is open to that rule alone', () => {
    const policy = resourceOf(template, 'AWS::SQS::QueuePolicy', 'MailQueuePolicy');
    const allowed = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toMatchObject([
      {
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': getAtt(rule.id, 'Arn') } },
      },
    ]);
  });

  it('goes by SNS as well where the mails themselves may fail, to everybody who is to be notified', () => {
    const bySns = alarms.filter(({ properties }) => 'AlarmActions' in properties);
    expect(new Set(bySns.map(nameOf))).toEqual(
      new Set(
        ['mail-dead-letters', 'mail-too-old', 'send-mail-errors', 'alarm-mails-lost'].map(
          name => `${PREFIX}${name}`,
        ),
      ),
    );
    for (const { properties } of bySns) {
      expect(properties).toMatchObject({ AlarmActions: [ref(topic)], OKActions: [ref(topic)] });
    }
    const subscriptions = resourcesOf(
      templateWith({ notifyEmail: 'a@example.com, b@example.com' }),
      'AWS::SNS::Subscription',
    );
    expect(subscriptions.map(({ properties }) => properties['Endpoint'])).toEqual([
      'a@example.com',
      'b@example.com',
    ]);
  });
});

describe('The runbook', () => {
  const sections = new Map(
    RUNBOOK.split('\n## ')
      .slice(1)
      .map(section => [section.slice(0, section.indexOf('\n')), section]),
  );

  it('has a heading for every alarm, which the alarm’s description names, and for nothing else', () => {
    const every = resourcesOf(
      templateWith({ webhookUrl: 'https://hooks.example.com', webhookSecret: 'hooks' }),
      'AWS::CloudWatch::Alarm',
    );
    const headings = every.map(alarm => nameOf(alarm).replace(PREFIX, ''));
    expect(new Set(sections.keys())).toEqual(new Set(headings));
    for (const alarm of every) {
      const heading = nameOf(alarm).replace(PREFIX, '');
      expect(alarm.properties['AlarmDescription']).toMatch(
        new RegExp(`^.{20,}\\. What to do: RUNBOOK\\.md#${heading}$`),
      );
    }
  });

  it.each([...sections])('%s: what it means, where to look, what to do, when it is over', (_, section) => {
    for (const part of ['Means', 'Look', 'Do', 'Over']) expect(section).toContain(`**${part}**`);
  });

  it('names only headings, scripts and outputs that exist', () => {
    const scripts = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).scripts;
    const named = (pattern: RegExp) => [...RUNBOOK.matchAll(pattern)].map(([, name = '']) => name);
    const commands = named(/(?:npm run|`pipeline|^pipeline) ([a-z:]+)/gm);
    expect(commands.filter(name => !(name in scripts))).toEqual([]);
    expect(named(/\(#([\w-]+)\)/g).filter(name => !sections.has(name))).toEqual([]);
    expect(named(/\$\(output (\w+)\)/g).filter(name => !(name in template.Outputs))).toEqual([]);
    expect(commands).toContain('redrive');
  });
});

describe('The dashboard', () => {
  it('shows refreshes, queues, functions, the API, mails and backups', () => {
    const [dashboard, ...others] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    expect(others).toEqual([]);
    const body = JSON.stringify(dashboard?.properties['DashboardBody']);
    const shown = [
      'RefreshesFresh',
      'RefreshesUnasked',
      'RefreshesFailed',
      'TimeToFresh',
      'PathsInvalidated',
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesVisible',
      'Errors',
      'Duration',
      '4XXError',
      '5XXError',
      'Latency',
      'MailsSent',
      'StudentsBackedUp',
    ];
    expect(shown.filter(metric => !body.includes(metric))).toEqual([]);
    // Dashboards are global: without the region, one stack name in two regions would share one.
    expect(dashboard?.properties['DashboardName']).toBe('StudentSite-Dashboard-us-east-1');
  });

  it('finds the metrics of the pipeline and those of the school in namespaces of their own', () => {
    const [dashboard] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.properties['DashboardBody']);
    const namespaces = [...body.matchAll(/\\?"(AutoInvalidation|StudentSite)\\?",\\?"(\w+)\\?"/g)];
    const metricsIn = (namespace: string) =>
      new Set(namespaces.filter(([, found]) => found === namespace).map(([, , metric]) => metric));
    expect(metricsIn('StudentSite')).toEqual(new Set(['StudentsBackedUp']));
    expect(metricsIn('AutoInvalidation')).toContain('RefreshesFresh');
    expect(metricsIn('AutoInvalidation')).not.toContain('StudentsBackedUp');
  });
});

describe('Logs', () => {
  it('are all kept for a month, and for no longer', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(groups.filter(({ properties }) => properties['RetentionInDays'] !== 30)).toEqual([]);
  });
});
