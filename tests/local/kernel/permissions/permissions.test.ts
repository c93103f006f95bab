import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../../infra/local/kernel/aws-api.ts';
import { invocationOf, requirePolling } from '../../../../infra/local/services/lambda/permissions.ts';
import type { Resource } from '../../../../infra/local/template/resource.ts';
import { clientFor } from '../../../helpers/sdk-client.ts';
import {
  allow,
  bucketPolicy,
  DISTRIBUTION,
  document,
  FUNCTION,
  mailFrom,
  permissionsOf,
  QUEUE,
  ROLE,
  RULE,
  resource,
  stackWith,
  startGuarded,
  trust,
} from './guarded.ts';

describe('A role', () => {
  it('may do what its policy says, and only on that resource', async () => {
    const { client } = await startGuarded(stackWith([allow('s3:PutObject', 'arn:aws:s3:::site/drafts/*')]));
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    const part = (Key: string) =>
      s3.send(new UploadPartCommand({ Bucket: 'site', Key, UploadId: 'u', PartNumber: 1, Body: 'x' }));
    // A wildcard in a key is a letter like any other.
    await part('drafts/*');
    await part('drafts/a');
    for (const key of ['live/a', 'draft', '*', 'drafts'])
      await expect(part(key)).rejects.toThrow('s3:PutObject');
  });

  it('may do nothing by its own policy in its first calls if IAM is to take a moment', async () => {
    const statements = [allow('s3:ListBucket', 'arn:aws:s3:::site')];
    const { get } = await startGuarded(stackWith(statements), undefined, { callsBeforePolicies: 2 });
    const statuses = [];
    for (let call = 1; call <= 4; call++) statuses.push(await get('worker-role', '/site'));
    expect(statuses).toEqual([403, 403, 200, 200]);
    expect(await get('administrator', '/site')).toBe(200);
  });

  it('may not read an object because its key looks like the bucket', async () => {
    const { get } = await startGuarded(stackWith([allow('s3:ListBucket', 'arn:aws:s3:::site')]));
    expect([await get('worker-role', '/site'), await get('worker-role', '/site/../x')]).toEqual([200, 403]);
  });

  it('needs the permission for every table of a batch', async () => {
    const table = (name: string) => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`;
    const { client } = await startGuarded(stackWith([allow('dynamodb:BatchWriteItem', table('a'))]));
    const write = (...names: string[]) => {
      const requests = names.map(name => [name, [{ DeleteRequest: { Key: { id: { S: '1' } } } }]]);
      return new DynamoDBClient(client).send(
        new BatchWriteItemCommand({ RequestItems: Object.fromEntries(requests) }),
      );
    };
    await write('a');
    await expect(write('a', 'b')).rejects.toThrow(`dynamodb:BatchWriteItem on resource: ${table('b')}`);
  });

  it('may send mail from the address of the condition, and from no other', async () => {
    const Condition = { StringEquals: { 'ses:FromAddress': 'school@example.com' } };
    const everyIdentity = 'arn:aws:ses:us-east-1:000000000000:identity/*';
    const { client } = await startGuarded(stackWith([allow('ses:SendEmail', everyIdentity, { Condition })]));
    const ses = new SESv2Client(client);
    await ses.send(mailFrom('school@example.com'));
    await ses.send(mailFrom('The school <school@example.com>'));
    await expect(ses.send(mailFrom('head@example.com'))).rejects.toThrow('not authorized');
  });

  it('is not told that a key is missing unless it may list the bucket', async () => {
    const missing = { status: 404, headers: { 'content-type': 'application/xml' } };
    const read = allow('s3:GetObject', 'arn:aws:s3:::site/*');
    const statusWith = async (...statements: object[]) => {
      const { client } = await startGuarded(stackWith(statements), missing);
      const head = new HeadObjectCommand({ Bucket: 'site', Key: 'none' });
      const error: unknown = await new S3Client({ ...client, forcePathStyle: true }).send(head).catch(e => e);
      return error;
    };
    expect(await statusWith(read)).toMatchObject({ $metadata: { httpStatusCode: 403 } });
    const listing = allow('s3:ListBucket', 'arn:aws:s3:::site');
    expect(await statusWith(read, listing)).toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  it('must not do what a resource policy denies', async () => {
    const denied = { ...allow('s3:GetObject', 'arn:aws:s3:::site/secret/*'), Effect: 'Deny', Principal: '*' };
    const { client, get } = await startGuarded(
      stackWith([allow('s3:GetObject', 'arn:aws:s3:::site/*')], bucketPolicy(denied)),
    );
    expect(await get('worker-role', '/site/public/a')).toBe(200);
    const secret = new GetObjectCommand({ Bucket: 'site', Key: 'secret/a' });
    await expect(new S3Client({ ...client, forcePathStyle: true }).send(secret)).rejects.toThrow(
      'with an explicit deny in a resource-based policy',
    );
  });

  it('is asked about once for all keys of the same kind', async () => {
    const { get, permissions } = await startGuarded(
      stackWith([allow('s3:GetObject', 'arn:aws:s3:::site/*')]),
    );
    for (let number = 0; number < 100; number++) await get('worker-role', `/site/${number}`);
    expect(permissions.decisions).toHaveLength(1);
  });

  it('can be assumed by the service of its trust policy only', async () => {
    const { permissions } = await startGuarded(stackWith([]));
    await permissions.requireTrust('worker-role', 'lambda.amazonaws.com', FUNCTION);
    await expect(permissions.requireTrust('worker-role', 'states.amazonaws.com', FUNCTION)).rejects.toThrow(
      `${ROLE} cannot be assumed by states.amazonaws.com`,
    );
  });

  it('can poll a queue with the three permissions that Lambda checks', async () => {
    const actions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
    const { permissions } = await startGuarded(stackWith([allow(actions, QUEUE)]));
    await requirePolling(permissions, 'worker-role', QUEUE);
    for (const missing of actions) {
      const others = allow(
        actions.filter(action => action !== missing),
        QUEUE,
      );
      const { permissions: fewer } = await startGuarded(stackWith([others]));
      await expect(requirePolling(fewer, 'worker-role', QUEUE)).rejects.toThrow(
        `does not have permissions to call ${missing.slice('sqs:'.length)} on SQS`,
      );
    }
  });
});

describe('An AWS service', () => {
  it('puts events of the bucket in the condition into a queue, and of no other', async () => {
    const Condition = {
      ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::site' },
      StringEquals: { 'aws:SourceAccount': '000000000000' },
    };
    const statement = allow('sqs:SendMessage', QUEUE, {
      Principal: { Service: 's3.amazonaws.com' },
      Condition,
    });
    const policy = { Queues: ['http://queue'], PolicyDocument: document(statement) };
    const { endpoint } = await startGuarded(
      stackWith([], resource('AWS::SQS::QueuePolicy', 'JobsPolicy', policy)),
    );
    const send = async (caller: string) => {
      const body = JSON.stringify({ QueueUrl: 'http://sqs/000000000000/jobs', MessageBody: '{}' });
      const headers = {
        authorization: authorizationOf(caller, 'sqs'),
        'x-amz-target': 'AmazonSQS.SendMessage',
      };
      return (await fetch(endpoint.url, { method: 'POST', headers, body })).status;
    };
    expect([await send('arn:aws:s3:::site'), await send('arn:aws:s3:::other')]).toEqual([200, 403]);
  });

  it('invokes a function for the resource of its permission, and for no other', async () => {
    const permission = {
      Action: 'lambda:InvokeFunction',
      FunctionName: FUNCTION,
      Principal: 'events.amazonaws.com',
      SourceArn: RULE,
    };
    const { permissions } = await startGuarded(
      stackWith([], resource('AWS::Lambda::Permission', 'Nightly', permission)),
    );
    const may = (sourceArn: string, principal = 'events.amazonaws.com') =>
      permissions.mayService(principal, sourceArn, invocationOf(FUNCTION));
    expect(await may(RULE)).toBe(true);
    expect(await may(`${RULE}-2`)).toBe(false);
    expect(await may(RULE, 'apigateway.amazonaws.com')).toBe(false);
  });

  it('CloudFront reads for its own distribution (OAC), nobody else without a signature', async () => {
    const { get } = await startGuarded(
      stackWith(
        [],
        bucketPolicy(
          allow('s3:GetObject', 'arn:aws:s3:::site/*', {
            Principal: { Service: 'cloudfront.amazonaws.com' },
            Condition: { StringEquals: { 'AWS:SourceArn': DISTRIBUTION } },
          }),
        ),
      ),
    );
    expect(await get(DISTRIBUTION, '/site/a')).toBe(200);
    expect(await get(DISTRIBUTION.replace('E1', 'E2'), '/site/a')).toBe(403);
    expect(await get('anonymous', '/site/a')).toBe(403);
  });

  it('CloudFront reads as its origin access identity (OAI)', async () => {
    const identity = resource(
      'AWS::CloudFront::CloudFrontOriginAccessIdentity',
      'Identity',
      {},
      { ref: 'EIDENTITY', attributes: { S3CanonicalUserId: 'f00d' } },
    );
    const reading = allow('s3:GetObject', 'arn:aws:s3:::site/*', { Principal: { CanonicalUser: 'f00d' } });
    const { get } = await startGuarded(stackWith([], identity, bucketPolicy(reading)));
    expect(await get('origin-access-identity/cloudfront/EIDENTITY', '/site/a')).toBe(200);
    expect(await get('origin-access-identity/cloudfront/EOTHER', '/site/a')).toBe(403);
  });
});

describe('A caller without a role', () => {
  it('is the administrator and may do everything', async () => {
    const { endpoint, permissions } = await startGuarded(stackWith([]));
    const s3 = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
    await s3.send(new HeadObjectCommand({ Bucket: 'site', Key: 'a' }));
    expect(permissions.decisions).toEqual([]);
  });
});

describe('A template', () => {
  const role = (properties: object) =>
    resource('AWS::IAM::Role', 'Other', {
      AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
      ...properties,
    });

  it.each<[string, Resource[], string]>([
    ['managed policy', [role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/Unheard'] })], 'policy/Unheard'],
    ['NotAction', stackWith([{ Effect: 'Allow', NotAction: 's3:GetObject', Resource: '*' }]), 'NotAction'],
    [
      'condition key',
      stackWith([allow('s3:GetObject', '*', { Condition: { Bool: { 'aws:Via': 'x' } } })]),
      'aws:Via',
    ],
    [
      'policy variable',
      stackWith([allow('s3:GetObject', `arn:aws:s3:::site/$${'{aws:username}'}`)]),
      'aws:username',
    ],
  ])('with a policy that cannot be decided, because of its %s, is refused by name', (_, resources, name) => {
    expect(() => permissionsOf(resources)).toThrow(name);
  });

  it('with an action that does not exist fails when it is asked for', async () => {
    const { permissions } = await startGuarded(stackWith([allow('lambda:InvokeFunction', FUNCTION)]));
    await expect(permissions.require('worker-role', invocationOf('arn:aws:s3:::site'))).rejects.toThrow(
      'cannot be decided',
    );
  });
});
