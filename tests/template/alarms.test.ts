import { expect, it } from 'vitest';
import { getAtt, ref, resourceOf, resourcesOf, synthesised, templateWith } from './stack.ts';

const template = synthesised();
const topic = resourceOf(template, 'AWS::SNS::Topic', 'Alarms').id;

it.each([
  [
    'AlarmsSiteChanges',
    getAtt(resourceOf(template, 'AWS::SQS::Queue', 'AutoInvalidationSiteChangesDead').id, 'QueueName'),
  ],
  ['AlarmsMail', getAtt(resourceOf(template, 'AWS::SQS::Queue', 'MailQueueDead').id, 'QueueName')],
  ['AlarmsBackupErrors', ref(resourceOf(template, 'AWS::Lambda::Function', 'RecordsBackup').id)],
])('%s is raised by the first of its kind and tells when it is over', (alarm, watched) => {
  expect(resourceOf(template, 'AWS::CloudWatch::Alarm', alarm).properties).toMatchObject({
    Threshold: 1,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    Dimensions: [{ Value: watched }],
    AlarmActions: [ref(topic)],
    OKActions: [ref(topic)],
  });
});

it('everybody to be notified is alarmed', () => {
  const subscriptions = resourcesOf(
    templateWith({ notifyEmail: 'a@example.com, b@example.com' }),
    'AWS::SNS::Subscription',
  );
  expect(subscriptions.map(({ properties }) => properties['Endpoint'])).toEqual([
    'a@example.com',
    'b@example.com',
  ]);
});
