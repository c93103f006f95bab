import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
  FunctionName: z.object({ Ref: z.string() }),
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  FunctionResponseTypes: z.array(z.string()),
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
  const policy = resourceOf(template, 'AWS::SQS::QueuePolicy', 'AutoInvalidationSiteChangesQueue');

  it('may send to the queue only from the site bucket and this account', () => {
    const [statement, ...others] = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: ['sqs:SendMessage'],
      Principal: { Service: 's3.amazonaws.com' },
      Resource: [getAtt(queue.id, 'Arn')],
    });
    const { ArnEquals, StringEquals, ...rest } = Object(statement?.Condition);
    expect(rest).toEqual({});
    expect(textOf(ArnEquals['aws:SourceArn'])).toBe(
      'arn:<AWS::Partition>:s3:::student-management-website-2025',
    );
    expect(StringEquals).toEqual({ 'aws:SourceAccount': ref('AWS::AccountId') });
  });

  it('finds that permission when the bucket is created', () => {
    const bucket = resourceOf(template, 'AWS::S3::Bucket', 'WebsiteSiteBucket');
    expect(bucket.dependsOn).toContain(policy.id);
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

describe.each(mappingsOf(template))(
  'The queue read by $id',
  ({ EventSourceArn, FunctionName, ...mapping }) => {
    const queue = queueNamed(template, EventSourceArn['Fn::GetAtt'][0]);
    const consumer = resourceOf(template, 'AWS::Lambda::Function', FunctionName.Ref);

    it('sets a message aside only after five receives or more', () => {
      expect(queue.RedrivePolicy?.maxReceiveCount).toBeGreaterThanOrEqual(5);
    });

    it('loses no dead letter sooner than a message: a dead letter keeps its first timestamp', () => {
      const [deadLetterId = ''] = queue.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'] ?? [];
      const deadLetters = queueNamed(template, deadLetterId);
      expect(deadLetters.MessageRetentionPeriod).toBeGreaterThanOrEqual(queue.MessageRetentionPeriod);
      expect(deadLetters.RedrivePolicy).toBeUndefined();
    });

    it('hides a message for six times the function’s time-out', () => {
      const timeout = z.number().parse(consumer.properties['Timeout']);
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout);
    });

    it('gets back only the messages that failed', () => {
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    });
  },
);

describe('Batches', () => {
  const collecting = (of: CfnTemplate) => mappingsOf(of).find(({ id }) => id.startsWith('AutoInvalidation'));

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
