import type { Stack } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import { RefreshAlarms } from '../../infra/constructs/pipeline/refresh-alarms.ts';
import type { WebhookOptions } from '../../infra/constructs/pipeline/webhook-options.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { emptyStack, pipelineStack, siteIn } from '../helpers/pipeline-stack.ts';
import {
  buildStack,
  type CfnTemplate,
  getAtt,
  permissionsOf,
  resourceOf,
  resourcesOf,
  templateOf,
  textOf,
} from '../helpers/templates.ts';

const URL = 'https://hooks.example.com/refreshes';
const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d';

/** The pipeline `Freshness` with a webhook. */
function hooked(options: (stack: Stack) => Partial<WebhookOptions> = () => ({})) {
  const { stack } = emptyStack();
  const { bucket, distribution } = siteIn(stack, 'Own');
  const pipeline = new AutoInvalidation(stack, 'Freshness', {
    bucket,
    distributions: [{ distribution }],
    notify: { emails: ['owner@example.com'] },
    webhook: { url: URL, secret: Secret.fromSecretNameV2(stack, 'Hooks', 'hooks'), ...options(stack) },
  });
  return { stack, pipeline };
}

const webhookOf = (options?: (stack: Stack) => Partial<WebhookOptions>) => templateOf(hooked(options).stack);

const ruleOf = (template: CfnTemplate, id: string) =>
  resourceOf(template, 'AWS::Events::Rule', `Freshness${id}`).properties;

describe('A rule of the pipeline', () => {
  it.each([
    ['onEnded', undefined],
    ['onFresh', ['fresh']],
    ['onFailed', ['failed']],
  ] as const)('by %s is about its own refreshes', (method, outcome) => {
    const { stack, pipeline } = pipelineStack();
    const target = new SqsQueue(new Queue(stack, 'Queue'));
    pipeline[method]('Tell', { target, eventPattern: { detail: { distributionId: ['E1'] } } });
    expect(ruleOf(templateOf(stack), 'Tell')).toMatchObject({
      EventPattern: {
        source: ['cloudfront-auto-invalidation'],
        'detail-type': ['Refresh Ended'],
        detail: {
          pipeline: ['Site/Freshness'],
          distributionId: ['E1'],
          ...(outcome === undefined ? {} : { outcome }),
        },
      },
    });
  });

  it('names the pipeline as its events do', () => {
    const { stack } = pipelineStack();
    const { Environment } = resourceOf(
      templateOf(stack),
      'AWS::Lambda::Function',
      'FreshnessReport',
    ).properties;
    expect(Environment).toMatchObject({ Variables: { POWERTOOLS_SERVICE_NAME: 'Site/Freshness' } });
  });
});

it('The function that ends a refresh may send its event to the default bus, and no other', () => {
  const template = templateOf(pipelineStack().stack);
  const sending = permissionsOf(template, 'FreshnessReportServiceRole').filter(({ Action }) =>
    Action.some(action => action.startsWith('events:')),
  );
  expect(
    sending.map(({ Resource = [], ...statement }) => ({ ...statement, on: Resource.map(textOf) })),
  ).toEqual([
    {
      Effect: 'Allow',
      Action: ['events:PutEvents'],
      on: ['arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default'],
      Condition: {
        'ForAnyValue:StringEquals': {
          'events:source': 'cloudfront-auto-invalidation',
          'events:detail-type': 'Refresh Ended',
        },
      },
    },
  ]);
});

describe('A webhook', () => {
  const template = webhookOf();
  const idsOf = (of: CfnTemplate) => Object.keys(of.Resources).filter(id => id.includes('Webhook'));

  it('is made only if there is an address for it', () => {
    expect(idsOf(template)).not.toEqual([]);
    expect(idsOf(templateOf(pipelineStack().stack))).toEqual([]);
  });

  it('has a queue with dead letters of its own, which the rule alone may fill', () => {
    const queue = resourceOf(template, 'AWS::SQS::Queue', 'FreshnessWebhookEndsQueue');
    const deadLetters = resourceOf(template, 'AWS::SQS::Queue', 'FreshnessWebhookEndsDeadLetters');
    expect(queue.properties).toMatchObject({
      VisibilityTimeout: 180,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { deadLetterTargetArn: getAtt(deadLetters.id, 'Arn'), maxReceiveCount: 10 },
    });
    expect(ruleOf(template, 'ForWebhook')).toMatchObject({ Targets: [{ Arn: getAtt(queue.id, 'Arn') }] });
  });

  it.each([
    ['always', undefined],
    ['failed', ['failed']],
  ] as const)('tells of what "%s" says', (when, outcome) => {
    const { EventPattern } = ruleOf(
      webhookOf(() => ({ when })),
      'ForWebhook',
    );
    expect(EventPattern).toMatchObject({ detail: { pipeline: ['Site/Freshness'] } });
    expect(Object(EventPattern).detail.outcome).toEqual(outcome);
  });

  const own = (stack: Stack) => new Secret(stack, 'Own') as ISecret;

  it.each([
    ['of the stack', own, /^<Own\w+>$/, /^<Own\w+>$/],
    [
      'by name',
      (stack: Stack) => Secret.fromSecretNameV2(stack, 'Named', 'x'),
      /:secret:x$/,
      /:secret:x-\?{6}$/,
    ],
  ])('may read the secret %s and nothing else of Secrets Manager', (_, secretIn, named, readable) => {
    const made = webhookOf(stack => ({ secret: secretIn(stack), field: 'key' }));
    const { Environment } = resourceOf(made, 'AWS::Lambda::Function', 'FreshnessWebhookSend').properties;
    const { WEBHOOK_SECRET, ...others } = Object(Environment).Variables;
    expect(others).toMatchObject({ WEBHOOK_URL: URL, WEBHOOK_SECRET_FIELD: 'key' });
    expect(textOf(WEBHOOK_SECRET)).toMatch(named);
    const allowed = permissionsOf(made, 'FreshnessWebhookSendServiceRole').filter(
      ({ Action }) => !Action.every(action => action.startsWith('sqs:')),
    );
    expect(allowed.map(({ Action }) => Action)).toEqual([['secretsmanager:GetSecretValue']]);
    expect(textOf(allowed[0]?.Resource)).toMatch(readable);
  });

  it('may decrypt its secret by Secrets Manager alone, if a key of the owner’s encrypts it', () => {
    const made = webhookOf(stack => ({
      secret: Secret.fromSecretAttributes(stack, 'Sealed', {
        secretPartialArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:x',
        encryptionKey: Key.fromKeyArn(stack, 'Key', KEY_ARN),
      }) as ISecret,
    }));
    const decrypting = permissionsOf(made, 'FreshnessWebhookSendServiceRole').filter(({ Action }) =>
      Action.includes('kms:Decrypt'),
    );
    expect(decrypting).toMatchObject([
      {
        Resource: [KEY_ARN],
        Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
      },
    ]);
  });

  it.each([
    ['hooks.example.com', 'webhook.url must be https://'],
    ['http://hooks.example.com/', 'webhook.url must be https://'],
    ['ftp://127.0.0.1/', 'webhook.url must be https://'],
    ['https://me:pw@hooks.example.com/', 'webhook.url must hold no password'],
    ['https://hooks.example.com/#a', 'webhook.url must not hold a #'],
  ])('is refused for the URL %s', (url, problem) => {
    expect(() => hooked(() => ({ url }))).toThrow(`Site/Freshness: ${problem}`);
  });

  it('may be on this machine without TLS, for the local cloud', () => {
    expect(() => hooked(() => ({ url: 'http://127.0.0.1:8000/hooks' }))).not.toThrow();
  });

  it('raises alarms for dead letters and for errors of its function, and makes no circle', () => {
    const { stack, pipeline } = hooked();
    new RefreshAlarms(stack, 'Alarms', { pipeline });
    const made = templateOf(stack);
    const names = resourcesOf(made, 'AWS::CloudWatch::Alarm').map(({ properties }) =>
      String(properties['AlarmName']),
    );
    expect(names).toContain('Site/Alarms/webhook-dead-letters');
    expect(names).toContain('Site/Alarms/send-webhook-errors');
    expect(circleIn(made)).toBeUndefined();
  });
});

describe('The settings of a webhook', () => {
  it('make it, and outputs by which the commands find its queue', () => {
    const made = templateOf(buildStack({ webhookUrl: URL, webhookSecret: 'hooks:key' }).stack);
    const queue = resourceOf(made, 'AWS::SQS::Queue', 'AutoInvalidationWebhookEndsQueue');
    expect(textOf(made.Outputs['WebhookQueueUrl']?.Value)).toBe(`<${queue.id}>`);
    expect(made.Outputs).toHaveProperty('WebhookDeadLetterQueueUrl');
    const { Environment } = resourceOf(
      made,
      'AWS::Lambda::Function',
      'AutoInvalidationWebhookSend',
    ).properties;
    expect(Environment).toMatchObject({ Variables: { WEBHOOK_URL: URL, WEBHOOK_SECRET_FIELD: 'key' } });
  });

  it.each([{ webhookUrl: URL }, { webhookSecret: 'hooks' }])('%j alone is refused', settings => {
    expect(() => buildStack(settings)).toThrow('belong together');
  });

  it.each([
    { webhookUrl: 'http://hooks.example.com', webhookSecret: 'hooks' },
    { webhookUrl: URL, webhookSecret: '' },
  ])('are checked: %j', settings => {
    expect(() => buildStack(settings)).toThrow('Check cdk.json and -c options');
  });
});
