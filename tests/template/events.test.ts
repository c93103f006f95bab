import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsBeforePermission } from '../helpers/deployment-rules.ts';
import { messagesHiddenTooBriefly, readersThatStarveOthers } from '../helpers/operation-rules.ts';
import { queueReaders } from '../helpers/template-rules.ts';
import {
  type CfnTemplate,
  getAtt,
  ref,
  resourceOf,
  resourcesOf,
  statementsOf,
  synthesised,
  templateWith,
  textOf,
} from '../helpers/templates.ts';

const template = synthesised();
const siteChanges = (of: CfnTemplate) =>
  resourceOf(of, 'AWS::SQS::Queue', 'AutoInvalidationSiteChangesQueue');

const Queue = z.object({
  MessageRetentionPeriod: z.number(),
  VisibilityTimeout: z.number().default(30),
  RedrivePolicy: z
    .object({
      deadLetterTargetArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
      maxReceiveCount: z.number(),
    })
    .optional(),
});
const Mapping = z.object({
  EventSourceArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});

const queueNamed = (of: CfnTemplate, id: string) =>
  Queue.parse(resourceOf(of, 'AWS::SQS::Queue', id).properties);
const mappingsOf = (of: CfnTemplate) =>
  resourcesOf(of, 'AWS::Lambda::EventSourceMapping').map(({ id, properties }) => ({
    id,
    ...Mapping.parse(properties),
  }));

describe('S3', () => {
  const queue = siteChanges(template);

  it.each([
    ['only from the site bucket and this account', { siteBucketName: 'my-site' }, 'ArnEquals', 'my-site'],
    ['only from this account where CloudFormation names the bucket', {}, 'ArnLike', '*'],
  ])('may send to the queue %s', (_, settings, operator, buckets) => {
    const named = templateWith(settings);
    const { id } = siteChanges(named);
    const [statement, ...others] = statementsOf(
      resourceOf(named, 'AWS::SQS::QueuePolicy', 'AutoInvalidationSiteChangesQueue'),
    ).filter(({ Effect }) => Effect === 'Allow');
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: ['sqs:SendMessage'],
      Principal: { Service: 's3.amazonaws.com' },
      Resource: [getAtt(id, 'Arn')],
    });
    const { [operator]: byArn, StringEquals, ...rest } = Object(statement?.Condition);
    expect(rest).toEqual({});
    expect(textOf(byArn['aws:SourceArn'])).toBe(`arn:<AWS::Partition>:s3:::${buckets}`);
    expect(StringEquals).toEqual({ 'aws:SourceAccount': ref('AWS::AccountId') });
  });

  it('finds that permission when the bucket is created', () => {
    expect(eventsBeforePermission(template)).toEqual([]);
  });

  it('reports what is created, removed and expired, and only of the site bucket', () => {
    const notifying = resourcesOf(template, 'AWS::S3::Bucket').filter(
      ({ properties }) => 'NotificationConfiguration' in properties,
    );
    expect(notifying.map(({ properties }) => properties['NotificationConfiguration'])).toEqual([
      {
        QueueConfigurations: ['ObjectCreated', 'ObjectRemoved', 'LifecycleExpiration'].map(kind => ({
          Event: `s3:${kind}:*`,
          Queue: getAtt(queue.id, 'Arn'),
        })),
      },
    ]);
  });

  it('never writes its logs into the site bucket, where each would ask for a refresh', () => {
    const site = resourceOf(template, 'AWS::S3::Bucket', 'WebsiteSiteBucket');
    const logs = resourceOf(template, 'AWS::S3::Bucket', 'WebsiteLogBucket');
    expect(site.properties['LoggingConfiguration']).toMatchObject({ DestinationBucketName: ref(logs.id) });
    const { DistributionConfig } = resourceOf(
      template,
      'AWS::CloudFront::Distribution',
      'Website',
    ).properties;
    expect(DistributionConfig).toMatchObject({
      Logging: { Bucket: getAtt(logs.id, 'RegionalDomainName') },
    });
  });
});

describe.each(mappingsOf(template))('The queue read by $id', ({ EventSourceArn, ...mapping }) => {
  const queue = queueNamed(template, EventSourceArn['Fn::GetAtt'][0]);

  it('sets a message aside only after five receives or more', () => {
    expect(queue.RedrivePolicy?.maxReceiveCount).toBeGreaterThanOrEqual(5);
  });

  it('loses no dead letter sooner than a message: a dead letter keeps its first timestamp', () => {
    const [deadLetterId = ''] = queue.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'] ?? [];
    const deadLetters = queueNamed(template, deadLetterId);
    expect(deadLetters.MessageRetentionPeriod).toBeGreaterThanOrEqual(queue.MessageRetentionPeriod);
    expect(deadLetters.RedrivePolicy).toBeUndefined();
  });

  it('gets back only the messages that failed', () => {
    expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });
});

const collecting = (of: CfnTemplate) => mappingsOf(of).find(({ id }) => id.startsWith('AutoInvalidation'));

describe('Readers of queues', () => {
  it('leave a new account three executions for the page and the workflow', () => {
    expect(queueReaders(template)).toHaveLength(2);
    expect(readersThatStarveOthers(template)).toEqual([]);
  });

  it('find a message hidden from others for six time-outs of their function', () => {
    expect(messagesHiddenTooBriefly(template)).toEqual([]);
  });

  it('are as many as `maxCollectors` allows', () => {
    expect(collecting(templateWith({ maxCollectors: '24' }))).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 24 },
    });
  });
});

describe('Batches', () => {
  it('start at once by default', () => {
    expect(collecting(template)).toMatchObject({ BatchSize: 10, MaximumBatchingWindowInSeconds: 0 });
  });

  it('of more than 10 without a window, which Lambda would refuse, are refused at synthesis', () => {
    expect(() => templateWith({ batchSize: 11 })).toThrow('batchSize above 10 needs a batchWindow');
  });

  it('that may fill for a while hide their messages that much longer', () => {
    const windowed = templateWith({ batchSize: 100, batchWindowSeconds: 5 });
    expect(collecting(windowed)).toMatchObject({ BatchSize: 100, MaximumBatchingWindowInSeconds: 5 });
    expect(Queue.parse(siteChanges(windowed).properties).VisibilityTimeout).toBe(6 * 30 + 5);
  });
});
