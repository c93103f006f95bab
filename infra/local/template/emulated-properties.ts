import { isCustomResource } from './resource-identity.ts';
import type { Resource } from './template.ts';

interface Properties {
  /** Properties that the local cloud acts on. */
  readonly emulated: readonly string[];
  /** Properties that it accepts without acting on them; `npm start` lists their effect as not emulated. */
  readonly accepted?: readonly string[];
}

/** Every resource type and property that the local cloud knows. */
const KNOWN: Readonly<Record<string, Properties>> = {
  'AWS::S3::Bucket': {
    emulated: ['BucketName', 'NotificationConfiguration'],
    accepted: [
      'BucketEncryption',
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'VersioningConfiguration',
      'WebsiteConfiguration',
    ],
  },
  'AWS::S3::BucketPolicy': { emulated: ['Bucket', 'PolicyDocument'] },
  'AWS::SQS::Queue': {
    emulated: [
      'QueueName',
      'MessageRetentionPeriod',
      'VisibilityTimeout',
      'RedrivePolicy',
      'SqsManagedSseEnabled',
    ],
  },
  'AWS::SQS::QueuePolicy': { emulated: ['PolicyDocument', 'Queues'] },
  'AWS::DynamoDB::Table': {
    emulated: ['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'GlobalSecondaryIndexes'],
    accepted: ['PointInTimeRecoverySpecification', 'SSESpecification', 'TimeToLiveSpecification'],
  },
  'AWS::Lambda::Function': {
    emulated: ['FunctionName', 'Code', 'Environment', 'Handler', 'MemorySize', 'Role', 'Runtime', 'Timeout'],
    accepted: ['Architectures', 'Description', 'Layers', 'LoggingConfig'],
  },
  'AWS::Lambda::EventSourceMapping': {
    emulated: [
      'BatchSize',
      'EventSourceArn',
      'FunctionName',
      'FunctionResponseTypes',
      'MaximumBatchingWindowInSeconds',
      'ScalingConfig',
    ],
  },
  'AWS::Lambda::Permission': { emulated: ['Action', 'FunctionName', 'Principal', 'SourceArn'] },
  'AWS::Lambda::LayerVersion': { emulated: [], accepted: ['Content', 'Description'] },
  'AWS::StepFunctions::StateMachine': {
    emulated: [
      'DefinitionS3Location',
      'DefinitionSubstitutions',
      'RoleArn',
      'StateMachineName',
      'StateMachineType',
    ],
    accepted: ['LoggingConfiguration', 'TracingConfiguration'],
  },
  'AWS::CloudFront::Distribution': { emulated: ['DistributionConfig'], accepted: ['Tags'] },
  'AWS::CloudFront::CachePolicy': { emulated: ['CachePolicyConfig'] },
  'AWS::CloudFront::Function': { emulated: ['AutoPublish', 'FunctionCode', 'FunctionConfig', 'Name'] },
  'AWS::CloudFront::ResponseHeadersPolicy': { emulated: ['ResponseHeadersPolicyConfig'] },
  'AWS::CloudFront::OriginAccessControl': { emulated: [], accepted: ['OriginAccessControlConfig'] },
  'AWS::CloudFront::CloudFrontOriginAccessIdentity': {
    emulated: [],
    accepted: ['CloudFrontOriginAccessIdentityConfig'],
  },
  'AWS::ApiGateway::Account': { emulated: [], accepted: ['CloudWatchRoleArn'] },
  'AWS::ApiGateway::ApiKey': { emulated: ['Enabled', 'Name', 'Value'], accepted: ['Description'] },
  'AWS::ApiGateway::Deployment': { emulated: ['RestApiId'], accepted: ['Description'] },
  'AWS::ApiGateway::GatewayResponse': {
    emulated: ['ResponseParameters', 'ResponseType', 'RestApiId', 'StatusCode'],
  },
  'AWS::ApiGateway::Method': {
    emulated: ['ApiKeyRequired', 'AuthorizationType', 'HttpMethod', 'Integration', 'ResourceId', 'RestApiId'],
    accepted: ['MethodResponses'],
  },
  'AWS::ApiGateway::Resource': { emulated: ['ParentId', 'PathPart', 'RestApiId'] },
  'AWS::ApiGateway::RestApi': { emulated: ['EndpointConfiguration', 'Name'], accepted: ['Description'] },
  'AWS::ApiGateway::Stage': {
    emulated: ['DeploymentId', 'MethodSettings', 'RestApiId', 'StageName'],
    accepted: ['AccessLogSetting', 'Description', 'TracingEnabled'],
  },
  'AWS::ApiGateway::UsagePlan': {
    emulated: ['ApiStages', 'Quota', 'Throttle', 'UsagePlanName'],
    accepted: ['Description'],
  },
  'AWS::ApiGateway::UsagePlanKey': { emulated: ['KeyId', 'KeyType', 'UsagePlanId'] },
  'AWS::Events::Rule': {
    emulated: ['EventPattern', 'Name', 'ScheduleExpression', 'State', 'Targets'],
    accepted: ['Description'],
  },
  'AWS::SecretsManager::Secret': { emulated: ['GenerateSecretString', 'Name', 'Description'] },
  'AWS::IAM::Role': { emulated: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'RoleName'] },
  'AWS::IAM::Policy': { emulated: ['PolicyDocument', 'PolicyName', 'Roles'] },
  'AWS::Logs::LogGroup': { emulated: ['LogGroupName'], accepted: ['RetentionInDays'] },
  'AWS::SES::EmailIdentity': { emulated: ['EmailIdentity'] },
  'AWS::CloudWatch::Alarm': {
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
  'AWS::CloudWatch::Dashboard': { emulated: [], accepted: ['DashboardBody', 'DashboardName'] },
  'AWS::SNS::Topic': { emulated: [] },
  'AWS::SNS::TopicPolicy': { emulated: [], accepted: ['PolicyDocument', 'Topics'] },
  'AWS::SNS::Subscription': { emulated: [], accepted: ['Endpoint', 'Protocol', 'TopicArn'] },
  'Custom::CDKBucketDeployment': {
    emulated: ['DestinationBucketName', 'Prune', 'SourceObjectKeys', 'SystemMetadata'],
    accepted: ['OutputObjectKeys', 'ServiceToken', 'SourceBucketNames', 'WaitForDistributionInvalidation'],
  },
};

/**
 * Checks that the local cloud knows every resource and property.
 *
 * @returns what is accepted without an effect, as `Type.Property`, sorted
 * @throws Error listing every unknown type and property with its resource
 */
export function checkProperties(resources: readonly Resource[]): string[] {
  const unknown: string[] = [];
  const accepted = new Set<string>();
  for (const { logicalId, type, properties } of resources) {
    // Its function reads them.
    if (isCustomResource(type)) continue;
    const known = KNOWN[type];
    for (const name of Object.keys(properties)) {
      if (known?.accepted?.includes(name)) accepted.add(`${type}.${name}`);
      else if (!known?.emulated.includes(name)) unknown.push(`${logicalId} (${type}): ${name}`);
    }
  }
  if (unknown.length === 0) return [...accepted].sort();
  throw new Error(`The local cloud does not emulate these properties:\n  ${unknown.join('\n  ')}`);
}
