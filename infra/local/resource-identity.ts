import { createHash } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from './aws-api.ts';

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

/** A stable id in the alphabet of CloudFront's own. */
function shortId(logicalId: string, length: number): string {
  const digest = createHash('sha256').update(logicalId).digest('hex').toUpperCase();
  return digest.slice(0, length);
}

/** The domain that CloudFront gives a distribution. */
export function distributionDomain(logicalId: string): string {
  return `d${shortId(logicalId, 13).toLowerCase()}.cloudfront.net`;
}

/** The id that API Gateway gives a resource of its own. */
function apiGatewayId(logicalId: string): string {
  return shortId(logicalId, 10).toLowerCase();
}

/** The domain of a REST API. */
export function restApiDomain(logicalId: string): string {
  return `${apiGatewayId(logicalId)}.execute-api.${LOCAL_REGION}.amazonaws.com`;
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
  if (identity === undefined) throw new Error(`${logicalId}: the local cloud does not know ${type}`);
  return identity({ logicalId, named, property, ...environment });
}

interface Names extends Environment {
  readonly logicalId: string;
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
  'AWS::CloudFront::Distribution': ({ logicalId }) => {
    const id = `E${shortId(logicalId, 13)}`;
    return { ref: id, attributes: { Id: id, DomainName: distributionDomain(logicalId) } };
  },
  'AWS::CloudFront::CachePolicy': ({ logicalId }) => withId(logicalId),
  'AWS::CloudFront::OriginRequestPolicy': ({ logicalId }) => withId(logicalId),
  'AWS::CloudFront::ResponseHeadersPolicy': ({ logicalId }) => withId(logicalId),
  'AWS::CloudFront::OriginAccessControl': ({ logicalId }) => withId(logicalId),
  'AWS::CloudFront::CloudFrontOriginAccessIdentity': ({ logicalId }) => {
    const id = `E${shortId(logicalId, 13)}`;
    return {
      ref: id,
      attributes: { Id: id, S3CanonicalUserId: shortId(`${logicalId}-user`, 64).toLowerCase() },
    };
  },
  'AWS::CloudFront::Function': ({ named }) => {
    const ref = arn('cloudfront', `function/${named('Name')}`, '');
    return { ref, attributes: { FunctionARN: ref } };
  },
  'AWS::ApiGateway::Account': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::ApiKey': ({ logicalId }) => plain(apiGatewayId(logicalId)),
  'AWS::ApiGateway::Deployment': ({ logicalId }) => plain(apiGatewayId(logicalId)),
  'AWS::ApiGateway::GatewayResponse': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::Method': ({ logicalId }) => plain(logicalId),
  'AWS::ApiGateway::Resource': ({ logicalId }) => plain(apiGatewayId(logicalId)),
  'AWS::ApiGateway::RestApi': ({ logicalId }) => ({
    ref: apiGatewayId(logicalId),
    attributes: { RootResourceId: apiGatewayId(`${logicalId}-root`), RestApiId: apiGatewayId(logicalId) },
  }),
  'AWS::ApiGateway::Stage': ({ property }) => plain(String(property('StageName'))),
  'AWS::ApiGateway::UsagePlan': ({ logicalId }) => plain(apiGatewayId(logicalId)),
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

function withId(logicalId: string): Identity {
  const id = shortId(logicalId, 36).toLowerCase();
  return { ref: id, attributes: { Id: id } };
}
