import type { Stack } from 'aws-cdk-lib';
import { EventType, type IBucket } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import { ATTACHED, EXISTING } from '../fixtures/existing-names.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { emptyStack, pipelineStack, siteIn } from '../helpers/pipeline-stack.ts';
import {
  buildAttachment,
  buildStack,
  type CfnTemplate,
  getAtt,
  ref,
  resourceOf,
  resourcesOf,
  statementsOf,
  templateOf,
} from '../helpers/templates.ts';

const EVENTBRIDGE = { events: 'eventbridge' } as const;
const attachment = buildAttachment({ ...ATTACHED, ...EVENTBRIDGE });
const attached = templateOf(attachment.stack);

const ruleOf = (template: CfnTemplate) =>
  resourcesOf(template, 'AWS::Events::Rule').find(({ id }) => id.includes('BucketEvents')) ??
  expect.fail('There is no rule');
/** Who may send to a queue, and under which condition. */
const sendersOf = (template: CfnTemplate, queue: string) =>
  statementsOf(resourceOf(template, 'AWS::SQS::QueuePolicy', queue))
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Principal, Condition }) => ({ Principal, Condition }));

describe("A bucket's events by EventBridge", () => {
  it('are those that create and delete objects under the prefixes of the site, as they are written', () => {
    expect(ruleOf(attached).properties['EventPattern']).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created', 'Object Deleted'],
      detail: {
        bucket: { name: [EXISTING.bucketName] },
        object: { key: ['site/', 'docs/', EXISTING.lessons].map(prefix => ({ prefix })) },
      },
    });
  });

  it.each([
    ['none are', []],
    [
      'more are than a pattern of 2,048 characters can hold',
      Array.from({ length: 60 }, (_, n) => `a-folder-with-a-long-name-${n}/`),
    ],
  ])('are all of them if no prefixes are given: %s', (_, keyPrefixes) => {
    const template = templateOf(pipelineStack({ ...EVENTBRIDGE, keyPrefixes }).stack);
    const { detail } = Object(ruleOf(template).properties['EventPattern']);
    expect(Object.keys(detail)).toEqual(['bucket']);
  });

  it('go to the queue of the site’s changes, and to its dead letters if it refuses them', () => {
    const queue = resourceOf(attached, 'AWS::SQS::Queue', 'FreshnessSiteChangesQueue').id;
    const deadLetters = resourceOf(attached, 'AWS::SQS::Queue', 'FreshnessSiteChangesDeadLetters').id;
    expect(ruleOf(attached).properties['Targets']).toEqual([
      {
        Id: 'Target0',
        Arn: getAtt(queue, 'Arn'),
        DeadLetterConfig: { Arn: getAtt(deadLetters, 'Arn') },
      },
    ]);
  });

  it.each(['FreshnessSiteChangesQueue', 'FreshnessSiteChangesDeadLetters'])(
    'are all that may be sent to %s: only by this rule, and not by S3',
    queue => {
      const ArnEquals = { 'aws:SourceArn': getAtt(ruleOf(attached).id, 'Arn') };
      expect(sendersOf(attached, queue)).toEqual([
        { Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals } },
      ]);
    },
  );

  it('are asked for when the rule and the policy of the queue are there, and in no other way', () => {
    const { properties, dependsOn } = resourceOf(attached, 'Custom::BucketNotification', '');
    expect(properties).toEqual({
      ServiceToken: expect.anything(),
      ServiceTimeout: '300',
      BucketName: EXISTING.bucketName,
      Owner: 'AutoInvalidation/Freshness',
      EventBridge: 'true',
    });
    const policy = resourceOf(attached, 'AWS::SQS::QueuePolicy', 'FreshnessSiteChangesQueue').id;
    expect(dependsOn).toEqual(expect.arrayContaining([ruleOf(attached).id, policy]));
    expect(circleIn(attached)).toBeUndefined();
  });

  it('need no permission beyond those of notifications, and leave no finding unexplained', () => {
    attachment.app.synth();
    const { violations } = new AwsSolutionsChecks(attachment.app).validateScope(attachment.app);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });
});

describe('A bucket of the same stack whose events come by EventBridge', () => {
  it('has EventBridge in its own notifications, and no custom resource', () => {
    const template = templateOf(buildStack(EVENTBRIDGE).stack);
    const site = resourceOf(template, 'AWS::S3::Bucket', 'WebsiteSiteBucket');
    expect(site.properties['NotificationConfiguration']).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    expect(ruleOf(template).properties['EventPattern']).toMatchObject({
      detail: { bucket: { name: [ref(site.id)] } },
    });
    expect(resourcesOf(template, 'Custom::BucketNotification')).toEqual([]);
  });

  /** @param before what the bucket has when the pipeline is made */
  function ownSite(before: (bucket: IBucket, stack: Stack) => void) {
    const { app, stack } = emptyStack();
    const { bucket, distribution } = siteIn(stack, 'Own');
    before(bucket, stack);
    const notify = { emails: ['owner@example.com'] };
    new AutoInvalidation(stack, 'Freshness', {
      bucket,
      distributions: [{ distribution }],
      notify,
      ...EVENTBRIDGE,
    });
    return { app, stack, bucket };
  }
  const addNotification = (bucket: IBucket, stack: Stack) =>
    bucket.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(new Queue(stack, 'Taker')));

  it('may have notifications of its own construct, which EventBridge joins', () => {
    const { app, stack } = ownSite(addNotification);
    app.synth();
    const template = templateOf(stack);
    const { properties } = resourceOf(template, 'Custom::S3BucketNotifications', 'Own');
    expect(properties['NotificationConfiguration']).toMatchObject({
      EventBridgeConfiguration: {},
      QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'] }],
    });
    expect(resourceOf(template, 'AWS::S3::Bucket', 'Own').properties).not.toHaveProperty(
      'NotificationConfiguration',
    );
  });

  it('is refused if its construct gets notifications afterwards, which would switch EventBridge off', () => {
    const { app, stack, bucket } = ownSite(() => undefined);
    addNotification(bucket, stack);
    expect(() => app.synth()).toThrow('add them before AutoInvalidation is made');
  });
});
