import { describe, expect, it } from 'vitest';
import {
  answersKeptByTheEdge,
  loggingRolesOfTheAccount,
  stagesWithPaidMetrics,
} from '../helpers/operation-rules.ts';
import {
  type CfnTemplate,
  getAtt,
  permissionsOf,
  type Resource,
  ref,
  resourceOf,
  resourcesOf,
  synthesised,
  templateWith,
  textOf,
} from '../helpers/templates.ts';

const template = synthesised();
const one = (type: string, prefix = '') => resourceOf(template, `AWS::${type}`, prefix);
const all = (type: string) => resourcesOf(template, `AWS::${type}`);

const API = one('ApiGateway::RestApi');
const STAGE = one('ApiGateway::Stage');
const SECRET = one('SecretsManager::Secret');
const STUDENTS = one('Lambda::Function', 'ApiStudents');
const SITE = `https://<${one('CloudFront::Distribution').id}.DomainName>`;
const KEY_REFERENCE = `{{resolve:secretsmanager:<${SECRET.id}>:SecretString:::}}`;

/** The path of a resource of the API. */
function pathOf(resourceId: string): string {
  const parts = all('ApiGateway::Resource').find(({ id }) => id === resourceId)?.properties;
  if (parts === undefined) return '';
  return `${pathOf(textOf(parts['ParentId']).slice(1, -1))}/${textOf(parts['PathPart'])}`;
}

const stageOf = (of: CfnTemplate) => Object(resourceOf(of, 'AWS::ApiGateway::Stage', '').properties);

const methods = all('ApiGateway::Method').map(({ properties }) => ({
  route: `${textOf(properties['HttpMethod'])} ${pathOf(textOf(properties['ResourceId']).slice(1, -1))}`,
  ...properties,
}));
const isPreflight = ({ route }: { route: string }) => route.startsWith('OPTIONS');

describe('The API', () => {
  it('has the routes that its function answers, and no others', () => {
    expect(methods.filter(method => !isPreflight(method)).map(({ route }) => route)).toEqual(
      expect.arrayContaining([
        'GET /students',
        'POST /students',
        'GET /students/{studentid}',
        'PUT /students/{studentid}',
        'DELETE /students/{studentid}',
        'POST /backup',
        'GET /backups',
        'GET /refreshes',
        'POST /refreshes',
        'GET /refreshes/{refreshid}',
      ]),
    );
    expect(methods).toHaveLength(10 + 6);
  });

  it('asks for the key everywhere but in preflights, which bring none', () => {
    expect(
      methods.filter(method => Object(method).ApiKeyRequired !== true).map(({ route }) => route),
    ).toEqual(methods.filter(isPreflight).map(({ route }) => route));
  });

  it('is regional, named and staged as the school wants it', () => {
    expect(API.properties).toMatchObject({
      Name: 'StudentSite',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
    expect(STAGE.properties).toMatchObject({ StageName: 'prod', RestApiId: ref(API.id) });
  });

  it('can be read by pages of the site alone, including errors that API Gateway makes', () => {
    const responses = all('ApiGateway::GatewayResponse');
    expect(new Set(responses.map(({ properties }) => properties['ResponseType']))).toEqual(
      new Set(['DEFAULT_4XX', 'DEFAULT_5XX']),
    );
    const origins = [...responses, ...all('ApiGateway::Method')].flatMap(({ properties }) =>
      originsIn(properties),
    );
    expect(origins).toHaveLength(2 + 6);
    expect(new Set(origins)).toEqual(new Set([`'${SITE}'`]));
    expect(textOf(variablesOf(STUDENTS)['SITE_URL'])).toBe(SITE);
  });

  it('lets pages send what its routes read', () => {
    const preflight = JSON.stringify(methods.find(({ route }) => route === 'OPTIONS /students/{studentid}'));
    expect(preflight).toContain("'GET,PUT,DELETE'");
    expect(preflight).toContain("'Content-Type,X-Api-Key,Idempotency-Key,If-Match'");
    expect(preflight).toContain("'ETag,Location'");
  });

  it('shares its metrics with no other stack’s API, since its name is the stack’s or its own', () => {
    const alarm = one('CloudWatch::Alarm', 'SchoolAlarmsapi5xx');
    expect(alarm.properties['Dimensions']).toEqual([{ Name: 'ApiName', Value: 'StudentSite' }]);
    const named = templateWith({ apiName: 'register' });
    expect(resourceOf(named, 'AWS::ApiGateway::RestApi', '').properties).toMatchObject({ Name: 'register' });
    const dimensions = resourcesOf(named, 'AWS::CloudWatch::Alarm').flatMap(({ properties }) =>
      [properties['Dimensions']].flat(),
    );
    expect(dimensions).toContainEqual({ Name: 'ApiName', Value: 'register' });
  });

  it.each([[{}], [{ apiLogs: 'true' }]])('pays for no metrics of single methods with %j', settings => {
    const set = templateWith(settings);
    expect(stageOf(set).MethodSettings).toMatchObject([{ HttpMethod: '*', ResourcePath: '/*' }]);
    expect(stagesWithPaidMetrics(set)).toEqual([]);
  });
});

describe('The logs of the API', () => {
  it('are off by default, because they need the logging role that all APIs of the account share', () => {
    expect(loggingRolesOfTheAccount(template)).toEqual([]);
    expect(resourcesOf(template, 'AWS::IAM::Role').filter(({ id }) => id.includes('CloudWatchRole'))).toEqual(
      [],
    );
    const { AccessLogSetting, MethodSettings } = stageOf(template);
    expect(AccessLogSetting).toBeUndefined();
    expect(MethodSettings[0]).not.toHaveProperty('LoggingLevel');
  });

  it('are all on with apiLogs, and so is the role: without it API Gateway refuses the stage', () => {
    const logging = templateWith({ apiLogs: 'true' });
    const account = resourceOf(logging, 'AWS::ApiGateway::Account', '');
    const role = resourceOf(logging, 'AWS::IAM::Role', 'ApiRestApiCloudWatchRole');
    expect(account.properties).toEqual({ CloudWatchRoleArn: getAtt(role.id, 'Arn') });
    expect(permissionsOf(logging, 'ApiRestApiCloudWatchRole')).toEqual([]);
    const { AccessLogSetting, MethodSettings } = stageOf(logging);
    const group = resourceOf(logging, 'AWS::Logs::LogGroup', 'ApiAccessLogs').id;
    expect(textOf(AccessLogSetting.DestinationArn)).toContain(group);
    expect(MethodSettings).toMatchObject([{ LoggingLevel: 'ERROR' }]);
    expect(resourceOf(logging, 'AWS::ApiGateway::Stage', '').dependsOn).toContain(account.id);
  });
});

describe('The API key', () => {
  it('is generated by the deployment: the template holds a reference, twice, and no value', () => {
    expect(SECRET.properties).toMatchObject({
      GenerateSecretString: { PasswordLength: 40, ExcludePunctuation: true },
    });
    expect(textOf(one('ApiGateway::ApiKey').properties['Value'])).toBe(KEY_REFERENCE);
    const code = textOf(one('CloudFront::Function').properties['FunctionCode']);
    expect(code).toContain(`const API_KEY = '${KEY_REFERENCE}';`);
    expect(code).not.toContain('PLACEHOLDER');
    expect(JSON.stringify(template).split('{{resolve:').length - 1).toBe(2);
    expect(JSON.stringify(template.Outputs)).not.toContain('{{resolve:');
  });

  it('is limited by the usage plan, which is bound to the stage', () => {
    const plan = one('ApiGateway::UsagePlan');
    expect(plan.properties).toMatchObject({
      UsagePlanName: 'StudentUsagePlan',
      ApiStages: [
        {
          ApiId: ref(API.id),
          Stage: ref(STAGE.id),
          // Whoever can open the site can ask for a backup or a refresh.
          Throttle: {
            '/backup/POST': { RateLimit: 1, BurstLimit: 5 },
            '/refreshes/POST': { RateLimit: 1, BurstLimit: 5 },
          },
        },
      ],
      Throttle: { RateLimit: 20, BurstLimit: 40 },
      Quota: { Limit: 10_000, Period: 'DAY' },
    });
    expect(one('ApiGateway::UsagePlanKey').properties).toMatchObject({
      KeyId: ref(one('ApiGateway::ApiKey').id),
      UsagePlanId: ref(plan.id),
    });
    expect(one('ApiGateway::ApiKey').properties).toMatchObject({ Name: 'StudentApiKey', Enabled: true });
  });
});

describe('The edge in front of the API', () => {
  const { DistributionConfig } = Object(one('CloudFront::Distribution').properties);
  const [behaviour] = DistributionConfig.CacheBehaviors;

  it('caches nothing, takes every method by HTTPS, and sends the site’s security headers', () => {
    expect(behaviour).toMatchObject({
      PathPattern: '/api/*',
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      ViewerProtocolPolicy: 'https-only',
      ResponseHeadersPolicyId: DistributionConfig.DefaultCacheBehavior.ResponseHeadersPolicyId,
    });
    expect(behaviour.AllowedMethods).toHaveLength(7);
  });

  it('keeps no answer of the API: every status that CloudFront keeps for a while is kept for none', () => {
    expect(answersKeptByTheEdge(template)).toEqual([]);
    expect(DistributionConfig.CustomErrorResponses).toHaveLength(11);
  });

  it('runs its function on what viewers ask, in runtime 2.0', () => {
    const edgeFunction = one('CloudFront::Function');
    expect(behaviour.FunctionAssociations).toEqual([
      { EventType: 'viewer-request', FunctionARN: getAtt(edgeFunction.id, 'FunctionARN') },
    ]);
    expect(edgeFunction.properties).toMatchObject({ FunctionConfig: { Runtime: 'cloudfront-js-2.0' } });
  });

  it('reaches the stage by HTTPS, and refers to nothing of the API but its id', () => {
    const origin = DistributionConfig.Origins.find(
      ({ Id }: { Id: string }) => Id === behaviour.TargetOriginId,
    );
    expect(origin).toMatchObject({
      OriginPath: '/prod',
      CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
    });
    expect(textOf(origin.DomainName)).toBe(`<${API.id}>.execute-api.us-east-1.<AWS::URLSuffix>`);
  });
});

describe('Least privilege', () => {
  it('the API’s function is invoked by this API alone', () => {
    const invokers = all('Lambda::Permission').filter(({ properties }) =>
      textOf(properties['FunctionName']).includes(STUDENTS.id),
    );
    expect(invokers.map(({ properties }) => textOf(properties['SourceArn']))).toEqual([
      `arn:aws:execute-api:us-east-1:<AWS::AccountId>:<${API.id}>/*/*/*`,
    ]);
  });
});

describe('Settings of the API', () => {
  it('reach the usage plan, the stage, the table and the bucket', () => {
    const other = templateWith({
      apiRatePerSecond: 500,
      apiBurst: 1000,
      apiRequestsPerDay: 7,
      studentTableName: 'pupils',
      backupBucketName: 'backups-of-my-school',
    });
    const properties = (type: string, prefix = '') => resourceOf(other, `AWS::${type}`, prefix).properties;
    expect(properties('ApiGateway::UsagePlan')).toMatchObject({
      Throttle: { RateLimit: 500, BurstLimit: 1000 },
      Quota: { Limit: 7 },
    });
    expect(properties('ApiGateway::Stage')).toMatchObject({
      MethodSettings: [{ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 }],
    });
    expect(properties('DynamoDB::Table', 'RecordsTable')).toMatchObject({ TableName: 'pupils' });
    expect(properties('S3::Bucket', 'RecordsBackupBucket')).toMatchObject({
      BucketName: 'backups-of-my-school',
    });
  });

  it.each([
    ['apiRatePerSecond', 0],
    ['apiBurst', 5001],
    ['apiRequestsPerDay', 'many'],
    ['studentTableName', 'no spaces'],
    ['backupBucketName', 'Not_A_Bucket'],
  ])('are refused by name when %s is %j', (name, value) => {
    expect(() => templateWith({ [name]: value })).toThrow(name);
  });
});

function originsIn(properties: Resource['properties']): string[] {
  const { ResponseParameters, Integration } = Object(properties);
  const headers = ResponseParameters ?? Integration?.IntegrationResponses?.[0]?.ResponseParameters ?? {};
  return Object.entries<CfnTemplate['Outputs'][string]['Value']>(headers)
    .filter(([name]) => name.endsWith('Access-Control-Allow-Origin'))
    .map(([, value]) => textOf(value));
}

function variablesOf({ properties }: Resource) {
  return Object(properties['Environment']).Variables;
}
