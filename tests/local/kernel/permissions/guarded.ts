import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import { onTestFinished } from 'vitest';
import { type AwsResponse, authorizationOf } from '../../../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../../infra/local/kernel/journal.ts';
import {
  createPermissions,
  type PermissionsOptions,
} from '../../../../infra/local/kernel/permissions/permissions.ts';
import { actionOf, SERVICES } from '../../../../infra/local/services.ts';
import { accountOf } from '../../../../infra/local/template/account.ts';
import type { Resource } from '../../../../infra/local/template/resource.ts';
import { clientFor } from '../../../helpers/sdk-client.ts';

export const USER = 'arn:aws:sts::000000000000:assumed-role/worker-role/worker';
export const DISTRIBUTION = 'arn:aws:cloudfront::000000000000:distribution/E1';
export const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
export const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:worker';
export const RULE = 'arn:aws:events:us-east-1:000000000000:rule/nightly';
export const ROLE = 'arn:aws:iam::000000000000:role/worker-role';

export const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

export function resource(
  type: string,
  logicalId: string,
  properties: object,
  more: Partial<Resource> = {},
): Resource {
  return { type, logicalId, ref: logicalId, attributes: {}, properties: { ...properties }, ...more };
}

export const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
export const trust = (Service: string) =>
  document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service } });

/** A function with a role, whose policy has these statements, and whatever else is given. */
export function stackWith(statements: object[], ...others: Resource[]): Resource[] {
  return [
    resource('AWS::Lambda::Function', 'Worker', { Role: ROLE }, { ref: 'worker' }),
    resource(
      'AWS::IAM::Role',
      'WorkerRole',
      { AssumeRolePolicyDocument: trust('lambda.amazonaws.com') },
      { ref: 'worker-role', attributes: { Arn: ROLE } },
    ),
    resource('AWS::SQS::Queue', 'Jobs', {}, { ref: 'http://queue', attributes: { Arn: QUEUE } }),
    ...(statements.length === 0
      ? []
      : [
          resource('AWS::IAM::Policy', 'WorkerPolicy', {
            Roles: ['worker-role'],
            PolicyDocument: document(...statements),
          }),
        ]),
    ...others,
  ];
}

export const bucketPolicy = (...statements: object[]) =>
  resource(
    'AWS::S3::BucketPolicy',
    'SitePolicy',
    { PolicyDocument: document(...statements) },
    { ref: 'site' },
  );

/** The permissions of a stack of these resources. */
export function permissionsOf(resources: Resource[], options?: PermissionsOptions) {
  const stack = { name: 'Test', id: 'Test', resources, outputs: {}, assets: new Map() };
  return createPermissions(accountOf([stack]), SERVICES, options);
}

const SIGNING_NAMES = ['s3', 'sqs', 'dynamodb', 'states', 'cloudfront', 'ses', 'lambda', 'secretsmanager'];

/** Every service behind one endpoint, each giving the same answer to what is permitted. */
export async function startGuarded(
  resources: Resource[],
  answer: AwsResponse = { status: 200 },
  options?: PermissionsOptions,
) {
  const permissions = permissionsOf(resources, options);
  const guarded = permissions.guard(async () => answer);
  const services = new Map(SIGNING_NAMES.map(name => [name, guarded]));
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal(), actionOf });
  onTestFinished(endpoint.stop);
  const client = {
    ...clientFor(endpoint.url),
    credentials: { accessKeyId: 'worker-role', secretAccessKey: 'local' },
  };
  /** A reader's GET of an object, as whoever. */
  const get = async (caller: string, path: string) => {
    const headers = { host: 'localhost', authorization: authorizationOf(caller, 's3') };
    const request = { service: 's3', caller, method: 'GET', url: path, headers, body: Buffer.alloc(0) };
    return (await endpoint.call(request)).status;
  };
  return { permissions, endpoint, client, get };
}

export const mailFrom = (FromEmailAddress: string) =>
  new SendEmailCommand({
    FromEmailAddress,
    Destination: { ToAddresses: ['b@example.com'] },
    Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
  });

export type Client = Awaited<ReturnType<typeof startGuarded>>['client'];
