/** What deploys, and then goes wrong or costs money. */

import { z } from 'zod';
import { queueReaders, type TemplateRule } from './template-rules.ts';
import { type CfnTemplate, permissionsOf, resourcesOf, textOf } from './templates.ts';

const numberIn = (template: CfnTemplate, id: string, property: string) =>
  z.number().parse(template.Resources[id]?.Properties[property]);

/**
 * A message must stay hidden while its batch fills, and for six time-outs of its function, because
 * a throttled Lambda tries for that long:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const messagesHiddenTooBriefly = (template: CfnTemplate): string[] =>
  queueReaders(template).flatMap(({ queue, reader, MaximumBatchingWindowInSeconds: window }) => {
    const needed = 6 * numberIn(template, reader, 'Timeout') + window;
    const hidden = numberIn(template, queue, 'VisibilityTimeout');
    return hidden < needed ? [`${queue} hides messages for ${hidden} s, not ${needed} s`] : [];
  });

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CONCURRENT_EXECUTIONS_OF_A_NEW_ACCOUNT = 10;
/** For the page and the workflow. */
const LEFT_TO_OTHERS = 3;

/** Readers of queues take every execution of the account unless they are limited. */
export const readersThatStarveOthers = (template: CfnTemplate): string[] => {
  const readers = queueReaders(template);
  const unlimited = readers.filter(({ ScalingConfig }) => ScalingConfig === undefined);
  const most = readers.reduce((sum, { ScalingConfig }) => sum + (ScalingConfig?.MaximumConcurrency ?? 0), 0);
  const left = CONCURRENT_EXECUTIONS_OF_A_NEW_ACCOUNT - most;
  return [
    ...unlimited.map(({ id }) => `${id} has no limit`),
    ...(left < LEFT_TO_OTHERS ? [`The readers of queues leave ${left} executions`] : []),
  ];
};

/**
 * SES refuses to create an identity that exists, and destroying the stack would take it from
 * others. `Custom::MailSender` copes with both.
 */
export const identitiesOfCloudFormation: TemplateRule = template =>
  resourcesOf(template, 'AWS::SES::EmailIdentity').map(({ id }) => id);

/** Roles that send mail, but may not use the configuration set that an identity may have. */
export const mailersWithoutConfigurationSets: TemplateRule = template =>
  resourcesOf(template, 'AWS::IAM::Role').flatMap(({ id }) => {
    const on = permissionsOf(template, id)
      .filter(({ Action }) => Action.includes('ses:SendEmail'))
      .flatMap(({ Resource = [] }) => Resource.map(textOf));
    return on.length > 0 && !on.some(resource => resource.includes(':configuration-set/')) ? [id] : [];
  });

/** An account has one role per region that writes the logs of its APIs. This replaces it. */
export const loggingRolesOfTheAccount = (template: CfnTemplate): string[] =>
  resourcesOf(template, 'AWS::ApiGateway::Account').map(({ id }) => id);

const Stage = z.object({
  MethodSettings: z.array(z.object({ MetricsEnabled: z.boolean().default(false) })).default([]),
});

/** Stages with metrics of single methods: up to $24 a month. Those of the API are free. */
export const stagesWithPaidMetrics = (template: CfnTemplate): string[] =>
  resourcesOf(template, 'AWS::ApiGateway::Stage')
    .filter(({ properties }) =>
      Stage.parse(properties).MethodSettings.some(({ MetricsEnabled }) => MetricsEnabled),
    )
    .map(({ id }) => id);

const DistributionConfig = z.object({
  CacheBehaviors: z.array(z.object({ PathPattern: z.string(), CachePolicyId: z.json() })).default([]),
  CustomErrorResponses: z
    .array(z.object({ ErrorCode: z.number(), ErrorCachingMinTTL: z.number() }))
    .default([]),
});
/** AWS's policy CachingDisabled. */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/**
 * The statuses whose caching can be set:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
const STATUSES = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** CloudFront keeps an error for 10 s by default, and one answer of an API for every caller. */
export const answersKeptByTheEdge = (template: CfnTemplate): string[] =>
  resourcesOf(template, 'AWS::CloudFront::Distribution').flatMap(({ properties }) => {
    const { CacheBehaviors, CustomErrorResponses } = DistributionConfig.parse(
      properties['DistributionConfig'],
    );
    const kept = CacheBehaviors.filter(({ CachePolicyId }) => CachePolicyId !== CACHING_DISABLED);
    const keptFor = new Map(CustomErrorResponses.map(each => [each.ErrorCode, each.ErrorCachingMinTTL]));
    const errors = STATUSES.filter(status => keptFor.get(status) !== 0);
    return [...kept.map(({ PathPattern }) => PathPattern), ...errors.map(String)];
  });

/** How an execution may end that cannot report it itself. */
const ENDS = ['ABORTED', 'FAILED', 'TIMED_OUT'];
const StatusPattern = z.object({ detail: z.object({ status: z.array(z.string()) }) });

export const endsThatNobodyReports: TemplateRule = template => {
  const reported = resourcesOf(template, 'AWS::Events::Rule').flatMap(({ properties }) => {
    const { success, data } = StatusPattern.safeParse(properties['EventPattern']);
    return success ? data.detail.status : [];
  });
  return ENDS.filter(end => !reported.includes(end));
};
