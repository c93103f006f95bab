import { actionNames } from './kernel/action-names.ts';
import type { Service } from './kernel/service.ts';
import { type ApiGatewayOptions, apigateway } from './services/apigateway/service.ts';
import { type CdkOptions, cdk } from './services/cdk/service.ts';
import { cloudformation } from './services/cloudformation/service.ts';
import { type CloudFrontServiceOptions, cloudfront } from './services/cloudfront/service.ts';
import { type CloudWatchServiceOptions, cloudwatch } from './services/cloudwatch/service.ts';
import { type CognitoOptions, cognito } from './services/cognito/service.ts';
import { dynamodb } from './services/dynamodb/service.ts';
import { events } from './services/events/service.ts';
import { fauxqs } from './services/fauxqs/service.ts';
import { iam } from './services/iam/service.ts';
import { type LambdaOptions, lambda } from './services/lambda/service.ts';
import { logs } from './services/logs/service.ts';
import { type S3Options, s3 } from './services/s3/service.ts';
import { secretsmanager } from './services/secretsmanager/service.ts';
import { type SesOptions, ses } from './services/ses/service.ts';
import { sns } from './services/sns/service.ts';
import { sqs } from './services/sqs/service.ts';
import { stepfunctions } from './services/stepfunctions/service.ts';
import { sts } from './services/sts/service.ts';
import type { ResourceTypes } from './template/resource.ts';

/** Options that single services take. */
export type ServiceOptions = S3Options &
  CloudFrontServiceOptions &
  SesOptions &
  LambdaOptions &
  ApiGatewayOptions &
  CloudWatchServiceOptions &
  CognitoOptions &
  CdkOptions;

/**
 * Every service of the local cloud, in the order in which they start. What one makes known in the
 * template, such as secrets and the answers of custom resources, those after it find there.
 */
export const SERVICES: readonly Service<unknown, ServiceOptions>[] = [
  iam,
  sts,
  logs,
  sns,
  secretsmanager,
  fauxqs,
  sqs,
  s3,
  cloudfront,
  ses,
  cognito,
  dynamodb,
  cloudformation,
  lambda,
  apigateway,
  events,
  stepfunctions,
  cloudwatch,
  cdk,
];

/** Every CloudFormation resource type that the local cloud takes. */
export const RESOURCE_TYPES: ResourceTypes = Object.fromEntries(
  SERVICES.flatMap(({ types }) => Object.entries(types)),
);

/** Names the action of any request to the local cloud. */
export const actionOf = actionNames(
  Object.fromEntries(SERVICES.flatMap(({ apis = {} }) => Object.entries(apis))),
);
