import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import { RefreshAlarms } from '../../infra/constructs/pipeline/refresh-alarms.ts';
import { RefreshDashboard } from '../../infra/constructs/pipeline/refresh-dashboard.ts';
import { filesIn } from '../../infra/files-in.ts';
import { METRICS_NAMESPACE } from '../../shared/metric-source.ts';
import { emptyStack, pipelineStack, siteIn } from '../helpers/pipeline-stack.ts';
import {
  type CfnTemplate,
  permissionsOf,
  ref,
  resourceOf,
  resourcesOf,
  statementsOf,
  templateOf,
  textOf,
} from '../helpers/templates.ts';

const ROOT = join(import.meta.dirname, '../..');

const environmentOf = (of: CfnTemplate, id: string) =>
  Object(resourceOf(of, 'AWS::Lambda::Function', id).properties['Environment']).Variables;

/** Which bucket may send to the queue of `Freshness`. */
function senderOf(of: CfnTemplate) {
  const policy = resourceOf(of, 'AWS::SQS::QueuePolicy', 'FreshnessSiteChangesQueue');
  const [statement] = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
  return Object(statement?.Condition);
}

describe('A bucket of the same stack', () => {
  it('may send to the queue although CloudFormation names it, if it is of the same account', () => {
    const { ArnLike, StringEquals, ...rest } = senderOf(templateOf(pipelineStack().stack));
    expect(rest).toEqual({});
    expect(textOf(ArnLike['aws:SourceArn'])).toBe('arn:<AWS::Partition>:s3:::*');
    expect(StringEquals).toEqual({ 'aws:SourceAccount': ref('AWS::AccountId') });
  });

  it('is the only one that may send if it has a name', () => {
    const { stack } = emptyStack();
    const { bucket, distribution } = siteIn(stack, 'Named', 'my-school-site');
    new AutoInvalidation(stack, 'Freshness', {
      bucket,
      distributions: [{ distribution }],
      notify: { emails: ['owner@example.com'] },
    });
    const { ArnEquals } = senderOf(templateOf(stack));
    expect(textOf(ArnEquals['aws:SourceArn'])).toBe('arn:<AWS::Partition>:s3:::my-school-site');
  });

  it('is given encoded prefixes', () => {
    const filter = { S3Key: { Rules: [{ Name: 'prefix', Value: 'my+site/' }] } };
    const template = templateOf(pipelineStack({ keyPrefixes: ['my site/'] }).stack);
    expect(
      resourceOf(template, 'AWS::S3::Bucket', 'Own').properties['NotificationConfiguration'],
    ).toMatchObject({
      QueueConfigurations: Array(3).fill({ Filter: filter }),
    });
  });

  it('is refused if it has notifications of its own construct, which would replace those of the pipeline', () => {
    const { app, stack, bucket } = pipelineStack();
    bucket.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(new Queue(stack, 'Other')));
    expect(() => app.synth()).toThrow('which would replace those of AutoInvalidation');
  });
});

describe('Several pipelines in a stack', () => {
  const { app, stack } = emptyStack('Sites');
  const emails = ['owner@example.com'];
  const [shop, blog] = ['Shop', 'Blog'].map(id => {
    const { bucket, distribution } = siteIn(stack, id);
    const pipeline = new AutoInvalidation(stack, id, {
      bucket,
      distributions: [{ distribution }],
      notify: { emails },
    });
    new RefreshAlarms(stack, `${id}Alarms`, { pipeline, notify: emails });
    new RefreshDashboard(stack, `${id}Dashboard`, { pipeline });
    return pipeline;
  });
  app.synth();
  const template = templateOf(stack);

  it('have no name in common', () => {
    const NAMES =
      /^(?:Name|\w*(?:Queue|Function|Table|Role|Group|Machine|Alarm|Dashboard|Topic|Policy)Name)$/;
    const names = Object.values(template.Resources).flatMap(({ Type, Properties }) =>
      Object.entries(Properties)
        .filter(
          ([name]) =>
            NAMES.test(name) &&
            !(Type === 'AWS::Lambda::EventSourceMapping' || Type === 'AWS::Lambda::Permission'),
        )
        .map(([name, value]) => `${Type}.${name} ${textOf(value)}`),
    );
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('name only what needs a name: alarms for their rule, log groups of state machines for their prefix, dashboards for their region, policies', () => {
    const named = resourcesOf(template, 'AWS::Logs::LogGroup').flatMap(
      ({ properties }) => properties['LogGroupName'] ?? [],
    );
    expect(named).toEqual(['/aws/vendedlogs/states/Sites/Shop', '/aws/vendedlogs/states/Sites/Blog']);
    for (const [type, name] of [
      ['AWS::SQS::Queue', 'QueueName'],
      ['AWS::StepFunctions::StateMachine', 'StateMachineName'],
      ['AWS::DynamoDB::Table', 'TableName'],
      ['AWS::Lambda::Function', 'FunctionName'],
      ['AWS::Events::Rule', 'Name'],
    ] as const) {
      expect(resourcesOf(template, type).filter(({ properties }) => name in properties)).toEqual([]);
      expect(resourcesOf(template, type).length).toBeGreaterThan(1);
    }
  });

  it('have a dashboard each, with the region in its name because dashboards are global', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Dashboard').map(({ properties }) =>
      textOf(properties['DashboardName']),
    );
    expect(names).toEqual(['Sites-ShopDashboard-<AWS::Region>', 'Sites-BlogDashboard-<AWS::Region>']);
  });

  it('mail only their own alarms', () => {
    const prefixes = resourcesOf(template, 'AWS::Events::Rule').flatMap(({ properties }) => {
      const { resources } = Object(properties['EventPattern']);
      return resources === undefined ? [] : textOf(resources[0].prefix);
    });
    expect(prefixes.map(prefix => prefix.replace(/^.*:alarm:/, ''))).toEqual([
      'Sites/ShopAlarms/',
      'Sites/BlogAlarms/',
    ]);
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) =>
      textOf(properties['AlarmName']),
    );
    expect(alarms.filter(name => name.startsWith('Sites/ShopAlarms/'))).toHaveLength(alarms.length / 2);
    expect(alarms.filter(name => name.startsWith('Sites/BlogAlarms/'))).toHaveLength(alarms.length / 2);
  });

  it('have metrics of their own', () => {
    const dimensionsOf = (pipeline?: AutoInvalidation) => pipeline?.metricFailed().dimensions;
    expect(dimensionsOf(shop)).toEqual({ service: 'Sites/Shop' });
    expect(dimensionsOf(blog)).toEqual({ service: 'Sites/Blog' });
    for (const step of ['Collect', 'Invalidate', 'Verify', 'Report'])
      expect(environmentOf(template, `Blog${step}`)).toMatchObject({ POWERTOOLS_SERVICE_NAME: 'Sites/Blog' });
  });

  it('have SES add a sender once that they share', () => {
    expect(resourcesOf(template, 'Custom::MailSender').map(({ properties }) => properties)).toMatchObject([
      { Address: 'owner@example.com' },
    ]);
  });
});

describe('A pipeline that shares the mails of another one', () => {
  const { stack, pipeline } = pipelineStack();
  const { bucket, distribution } = siteIn(stack, 'Second');
  const second = new AutoInvalidation(stack, 'Second', {
    bucket,
    distributions: [{ distribution }],
    notify: { mail: pipeline.mail },
  });
  new RefreshAlarms(stack, 'SecondAlarms', { pipeline: second });
  const template = templateOf(stack);

  it('has them sent by the same function', () => {
    expect(
      resourcesOf(template, 'AWS::Lambda::Function').filter(({ id }) => id.includes('MailSend')),
    ).toHaveLength(1);
    expect(environmentOf(template, 'SecondReport')).toMatchObject({
      MAIL_QUEUE_URL: ref(resourceOf(template, 'AWS::SQS::Queue', 'FreshnessMailQueueC').id),
    });
  });

  it('leaves the alarms about the mails to the other one', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) =>
      textOf(properties['AlarmName']),
    );
    expect(names).toContain('Site/SecondAlarms/refresh-failed');
    expect(names.filter(name => name.includes('mail'))).toEqual([]);
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual([]);
  });
});

describe('Grants', () => {
  function grantedBy(grant: (pipeline: AutoInvalidation, role: Role) => void): string[] {
    const { stack, pipeline } = pipelineStack();
    const role = new Role(stack, 'Grantee', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grant(pipeline, role);
    return permissionsOf(templateOf(stack), 'Grantee').flatMap(({ Action, Resource = [] }) =>
      Action.flatMap(action => Resource.map(resource => `${action} ${textOf(resource)}`)),
    );
  }
  const idIn = (type: string, prefix: string) =>
    resourceOf(templateOf(pipelineStack().stack), type, prefix).id;

  it('let somebody ask for a refresh by hand', () => {
    const queue = idIn('AWS::SQS::Queue', 'FreshnessSiteChangesQueue');
    expect(grantedBy((pipeline, role) => pipeline.grantRequestRefresh(role))).toEqual(
      ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'].map(
        action => `${action} <${queue}.Arn>`,
      ),
    );
  });

  it('let somebody read the history, and not change it', () => {
    const table = idIn('AWS::DynamoDB::Table', 'FreshnessRefreshes');
    expect(new Set(grantedBy((pipeline, role) => pipeline.grantReadHistory(role)))).toEqual(
      new Set([
        `dynamodb:GetItem <${table}.Arn>`,
        `dynamodb:Query <${table}.Arn>`,
        `dynamodb:Query <${table}.Arn>/index/RefreshesInOrder`,
      ]),
    );
  });
});

describe('Metrics', () => {
  const { pipeline } = pipelineStack();
  const metrics = {
    metricFreshnessTime: pipeline.metricFreshnessTime(),
    metricFresh: pipeline.metricFresh(),
    metricUnasked: pipeline.metricUnasked(),
    metricFailed: pipeline.metricFailed(),
    metricChangesCollected: pipeline.metricChangesCollected(),
    metricChangesHeld: pipeline.metricChangesHeld(),
    metricPaused: pipeline.metricPaused(),
    metricFilesSkipped: pipeline.metricFilesSkipped(),
    metricPathsInvalidated: pipeline.metricPathsInvalidated(),
    metricUrlsVerified: pipeline.metricUrlsVerified(),
    metricQuotaRefusals: pipeline.metricQuotaRefusals(),
    'mail.metricSent': pipeline.mail.metricSent(),
  };
  /** Names in calls such as `metrics.addMetric('RefreshesFresh', …`. */
  const emitted = ['handlers', 'shared'].flatMap(folder =>
    filesIn(join(ROOT, folder)).flatMap(file => {
      const calls = readFileSync(join(ROOT, folder, file), 'utf8').matchAll(/\.addMetric\(([^,]+),/g);
      return [...calls].flatMap(([, name = '']) => [...name.matchAll(/'(\w+)'/g)].map(([, each]) => each));
    }),
  );

  it.each(Object.entries(metrics))(
    'of %s are emitted by a function, under the same name and namespace',
    (_, metric) => {
      expect(emitted).toContain(metric.metricName);
      expect(metric.namespace).toBe(METRICS_NAMESPACE);
    },
  );

  it('are sums over five minutes, the median for the time, and the highest of 15 minutes for the pause', () => {
    const { metricFreshnessTime, metricPaused, ...sums } = metrics;
    expect(metricFreshnessTime.statistic).toBe('p50');
    expect([metricPaused.statistic, metricPaused.period.toMinutes()]).toEqual(['Maximum', 15]);
    for (const { statistic, period } of Object.values(sums)) {
      expect(statistic).toBe('Sum');
      expect(period.toMinutes()).toBe(5);
    }
  });

  it('take other options', () => {
    const { statistic, period } = pipeline.metricFreshnessTime({
      statistic: 'Maximum',
      period: Duration.hours(1),
    });
    expect([statistic, period.toHours()]).toEqual(['Maximum', 1]);
  });
});

describe('Hatches', () => {
  it('set memory, log retention and what becomes of the table', () => {
    const { stack, pipeline } = pipelineStack({
      memorySize: 1024,
      logRetention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const template = templateOf(stack);
    const { collect, invalidate, verify, report } = pipeline;
    for (const { node } of [collect, invalidate, verify, report])
      expect(
        resourceOf(template, 'AWS::Lambda::Function', `Freshness${node.id}`).properties['MemorySize'],
      ).toBe(1024);
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(new Set(groups.map(({ properties }) => properties['RetentionInDays']))).toEqual(new Set([7]));
    const { id } = resourceOf(template, 'AWS::DynamoDB::Table', 'FreshnessRefreshes');
    expect(template.Resources[id]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('leave a whole processor to the function that plans, unless they say otherwise', () => {
    const { stack, pipeline } = pipelineStack();
    const memoryOf = (id: string) =>
      resourceOf(templateOf(stack), 'AWS::Lambda::Function', `Freshness${id}`).properties['MemorySize'];
    expect(memoryOf(pipeline.invalidate.node.id)).toBe(1769);
    expect(memoryOf(pipeline.verify.node.id)).toBe(512);
  });

  it('take undefined for the default, as apps without exactOptionalPropertyTypes pass it', () => {
    const props: object = { memorySize: undefined, quietPeriod: undefined, removalPolicy: undefined };
    const explicit = pipelineStack(props).stack;
    expect(Template.fromStack(explicit).toJSON()).toEqual(Template.fromStack(pipelineStack().stack).toJSON());
  });
});
