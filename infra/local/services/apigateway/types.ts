import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import { type Names, type ResourceTypes, refOnly, stableId } from '../../template/resource.ts';

/** API Gateway's own ids are short and in lower case. */
const apiGatewayId = (name: string) => stableId(name, 10);
const byId = ({ name }: Names) => refOnly(apiGatewayId(name));
const byLogicalId = ({ logicalId }: Names) => refOnly(logicalId);

/** The domain under which an API is public, and CloudFront's origin. */
export function apiDomain(apiId: string): string {
  return `${apiId}.execute-api.${LOCAL_REGION}.amazonaws.com`;
}

export const apiGatewayTypes: ResourceTypes = {
  'AWS::ApiGateway::Account': { identity: byLogicalId, emulated: [], accepted: ['CloudWatchRoleArn'] },
  'AWS::ApiGateway::ApiKey': {
    identity: byId,
    emulated: ['Enabled', 'Name', 'Value'],
    accepted: ['Description'],
  },
  'AWS::ApiGateway::Deployment': {
    identity: byId,
    emulated: ['RestApiId'],
    accepted: ['Description'],
  },
  'AWS::ApiGateway::GatewayResponse': {
    identity: byLogicalId,
    emulated: ['ResponseParameters', 'ResponseType', 'RestApiId', 'StatusCode'],
  },
  'AWS::ApiGateway::Method': {
    identity: byLogicalId,
    emulated: ['ApiKeyRequired', 'AuthorizationType', 'HttpMethod', 'Integration', 'ResourceId', 'RestApiId'],
    accepted: ['MethodResponses'],
  },
  'AWS::ApiGateway::Resource': { identity: byId, emulated: ['ParentId', 'PathPart', 'RestApiId'] },
  'AWS::ApiGateway::RestApi': {
    identity: ({ name }) => ({
      ref: apiGatewayId(name),
      attributes: { RootResourceId: apiGatewayId(`${name}-root`), RestApiId: apiGatewayId(name) },
    }),
    emulated: ['EndpointConfiguration', 'Name'],
    accepted: ['Description'],
    published: { urlOf: ({ ref }) => `https://${apiDomain(ref)}`, port: 'api' },
  },
  'AWS::ApiGateway::Stage': {
    identity: ({ property }) => refOnly(String(property('StageName'))),
    emulated: ['DeploymentId', 'MethodSettings', 'RestApiId', 'StageName'],
    accepted: ['AccessLogSetting', 'Description', 'TracingEnabled'],
  },
  'AWS::ApiGateway::UsagePlan': {
    identity: byId,
    emulated: ['ApiStages', 'Quota', 'Throttle'],
    accepted: ['Description', 'UsagePlanName'],
  },
  'AWS::ApiGateway::UsagePlanKey': { identity: byLogicalId, emulated: ['KeyId', 'KeyType', 'UsagePlanId'] },
};
