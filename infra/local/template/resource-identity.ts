import { createHash } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../kernel/aws-api.ts';

export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Definition {
  readonly logicalId: string;
  readonly type: string;
  /** A property, resolved; undefined when absent. */
  property(name: string): unknown;
}

interface Environment {
  readonly stackName: string;
  readonly endpoint: string;
}

const arn = (service: string, resource: string, region = LOCAL_REGION, account = LOCAL_ACCOUNT) =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** A stable id in the alphabet of CloudFront's own. @param name one of the account */
function shortId(name: string, length: number): string {
  const digest = createHash('sha256').update(name).digest('hex').toUpperCase();
  return digest.slice(0, length);
}

/** The id that CloudFront gives a distribution. */
export function distributionId(stackName: string, logicalId: string): string {
  return `E${shortId(`${stackName}-${logicalId}`, 13)}`;
}

/** The id that API Gateway gives a resource of its own. */
function apiGatewayId(name: string): string {
  return shortId(name, 10).toLowerCase();
}

/** Where AWS serves a distribution or a REST API to everybody. */
export function publicUrlOf({ type, ref, attributes }: Identity & { readonly type: string }): string {
  return type === 'AWS::CloudFront::Distribution'
    ? `https://${attributes['DomainName']}`
    : `https://${ref}.execute-api.${LOCAL_REGION}.amazonaws.com`;
}

/**
 * What `Ref` and `Fn::GetAtt` answer for a resource: the physical name it has in the local account. Depends on the
 * template alone, so a restart finds its state again.
 *
 * @throws Error for a type that the local cloud does not know
 */
export function identityOf(definition: Definition, environment: Environment): Identity {
  const { logicalId, type, property } = definition;
  const named = (name: string) => String(property(name) ?? `${environment.stackName}-${logicalId}`);
  const identity = IDENTITIES[type];
  if (identity !== undefined) {
    const name = `${environment.stackName}-${logicalId}`;
    return identity({ logicalId, name, named, property, ...environment });
  }
  if (!isCustomResource(type)) throw new Error(`${logicalId}: the local cloud does not know ${type}`);
  return { ref: customResourceText(environment.stackName, logicalId), attributes: {} };
}

interface Names extends Environment {
  readonly logicalId: string;
  /** Of the stack and the logical id: one of the account. */
  readonly name: string;
  /** The property if there is one, else a name made of stack and logical id. */
  named(property: string): string;
  property(name: string): unknown;
}

const plain = (ref: string): Identity => ({ ref, attributes: {} });

const IDENTITIES: Readonly<Record<string, (names: Names) => Identity>> = {
  'AWS::S3::Bucket': ({ named }) => {
    const name = named('BucketName').toLowerCase();
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${LOCAL_REGION}.amazonaws.com`,
      },
    };
  },
  'AWS::S3::BucketPolicy': ({ property }) => plain(String(property('Bucket'))),
  'AWS::SQS::Queue': ({ named, endpoint }) => {
    const name = named('QueueName');
    const url = `${endpoint}/${LOCAL_ACCOUNT}/${name}`;
    return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
  },
  'AWS::SQS::QueuePolicy': ({ logicalId }) => plain(logicalId),
  'AWS::DynamoDB::Table': ({ named }) => {
    const name = named('TableName');
    return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
  },
  'AWS::Lambda::Function': ({ named }) => {
    const name = named('FunctionName').slice(0, 64);
    return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
  },
  'AWS::Lambda::EventSourceMapping': ({ logicalId }) => plain(logicalId),
  'AWS::Lambda::Permission': ({ logicalId }) => plain(logicalId),
  'AWS::Lambda::LayerVersion': ({ logicalId }) => plain(arn('lambda', `layer:${logicalId}:1`)),
  'AWS::StepFunctions::StateMachine': ({ named }) => {
    const name = named('StateMachineName');
    const ref = arn('states', `stateMachine:${name}`);
    return { ref, attributes: { Arn: ref, Name: name } };
  },
  'AWS::CloudFront::Distribution': ({ stackName, logicalId }) => {
    const id = distributionId(stackName, logicalId);
    return { ref: id, attributes: { Id: id, DomainName: `d${id.slice(1).toLowerCase()}.cloudfront.net` } };
  },
  'AWS::CloudFront::CachePolicy': ({ name }) => withId(name),
  'AWS::CloudFront::OriginRequestPolicy': ({ name }) => withId(name),
  'AWS::CloudFront::ResponseHeadersPolicy': ({ name }) => withId(name),
  'AWS::CloudFront::OriginAccessControl': ({ name }) => withId(name),
  'AWS::CloudFront::CloudFrontOriginAccessIdentity': ({ name }) => {
    const id = `E${shortId(name, 13)}`;
    return {
      ref: id,
      attributes: { Id: id, S3CanonicalUserId: shortId(`${name}-user`, 64).toLowerCase() },
    };
  },
  'AWS::CloudFront::Function': ({ named }) => {
    const ref = arn('cloudfront', `function/${named('Name')}`, '');
    return { ref, attributes: { FunctionARN: ref } };
  },
  'AWS::ApiGateway::Account': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::ApiKey': ({ name }) => plain(apiGatewayId(name)),
  'AWS::ApiGateway::Deployment': ({ name }) => plain(apiGatewayId(name)),
  'AWS::ApiGateway::GatewayResponse': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::Method': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::Resource': ({ name }) => plain(apiGatewayId(name)),
  'AWS::ApiGateway::RestApi': ({ name }) => ({
    ref: apiGatewayId(name),
    attributes: { RootResourceId: apiGatewayId(`${name}-root`), RestApiId: apiGatewayId(name) },
  }),
  'AWS::ApiGateway::Stage': ({ property }) => plain(String(property('StageName'))),
  'AWS::ApiGateway::UsagePlan': ({ name }) => plain(apiGatewayId(name)),
  'AWS::ApiGateway::UsagePlanKey': ({ logicalId }) => plain(logicalId),
  'AWS::Events::Rule': ({ named }) => {
    const name = named('Name');
    return { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
  },
  'AWS::SecretsManager::Secret': ({ named, logicalId }) => {
    const name = named('Name');
    // Secrets Manager ends the ARN of every secret with six characters of its own.
    return {
      ref: arn('secretsmanager', `secret:${name}-${shortId(logicalId, 6)}`),
      attributes: { Name: name },
    };
  },
  'AWS::IAM::Role': ({ named, logicalId }) => ({
    ref: named('RoleName'),
    attributes: { Arn: arn('iam', `role/${named('RoleName')}`, ''), RoleId: logicalId },
  }),
  'AWS::IAM::Policy': ({ logicalId }) => plain(logicalId),
  'AWS::Logs::LogGroup': ({ named }) => {
    const name = named('LogGroupName');
    return { ref: name, attributes: { Arn: arn('logs', `log-group:${name}:*`) } };
  },
  'AWS::SES::EmailIdentity': ({ property }) => plain(String(property('EmailIdentity'))),
  'AWS::CloudWatch::Alarm': ({ named }) => plain(named('AlarmName')),
  'AWS::CloudWatch::Dashboard': ({ named }) => plain(named('DashboardName')),
  'AWS::SNS::Topic': ({ named }) => plain(arn('sns', named('TopicName'))),
  'AWS::SNS::TopicPolicy': ({ logicalId }) => plain(logicalId),
  'AWS::SNS::Subscription': ({ logicalId }) => plain(arn('sns', logicalId)),
  'Custom::CDKBucketDeployment': ({ logicalId }) => plain(logicalId),
};

function withId(name: string): Identity {
  const id = shortId(name, 36).toLowerCase();
  return { ref: id, attributes: { Id: id } };
}

/** Whether a function of the template runs this custom resource; CDK's own kinds are emulated directly. */
export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') && !(type in IDENTITIES);
}

/** Stands for what only the function of a custom resource knows, until it has answered. @param attribute absent for `Ref` */
export function customResourceText(stackName: string, logicalId: string, attribute = ''): string {
  return `{{custom-resource:${stackName}:${logicalId}:${attribute}}}`;
}
