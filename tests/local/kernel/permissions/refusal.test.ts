import { CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../../infra/local/kernel/aws-api.ts';
import { queryResponse } from '../../../../infra/local/kernel/query-protocol.ts';
import {
  allow,
  type Client,
  DISTRIBUTION,
  FUNCTION,
  mailFrom,
  QUEUE,
  stackWith,
  startGuarded,
  USER,
} from './guarded.ts';

const notGranted = (action: string, on: string) =>
  `User: ${USER} is not authorized to perform: ${action} on resource: ${on} because no identity-based policy allows the ${action} action`;

describe('A role without a permission gets the answer of the service:', () => {
  it.each<[string, (client: Client) => Promise<unknown>, string, number, string]>([
    [
      's3',
      client =>
        new S3Client({ ...client, forcePathStyle: true }).send(
          new GetObjectCommand({ Bucket: 'site', Key: 'a b.txt' }),
        ),
      'AccessDenied',
      403,
      notGranted('s3:GetObject', '"arn:aws:s3:::site/a b.txt"'),
    ],
    [
      'sqs',
      client =>
        new SQSClient(client).send(
          new SendMessageBatchCommand({
            QueueUrl: 'http://sqs/000000000000/jobs',
            Entries: [{ Id: '1', MessageBody: '{}' }],
          }),
        ),
      'AccessDenied',
      403,
      notGranted('sqs:sendmessage', QUEUE),
    ],
    [
      'dynamodb',
      client =>
        new DynamoDBClient(client).send(
          new QueryCommand({ TableName: 'students', IndexName: 'InOrder', KeyConditionExpression: 'a = b' }),
        ),
      'AccessDeniedException',
      400,
      notGranted('dynamodb:Query', 'arn:aws:dynamodb:us-east-1:000000000000:table/students/index/InOrder'),
    ],
    [
      'states',
      client =>
        new SFNClient(client).send(
          new StartExecutionCommand({
            stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
          }),
        ),
      'AccessDeniedException',
      400,
      notGranted('states:StartExecution', 'arn:aws:states:us-east-1:000000000000:stateMachine:m'),
    ],
    [
      'cloudfront',
      client =>
        new CloudFrontClient(client).send(
          new CreateInvalidationCommand({
            DistributionId: 'E1',
            InvalidationBatch: { CallerReference: '1', Paths: { Quantity: 1, Items: ['/*'] } },
          }),
        ),
      'AccessDenied',
      403,
      notGranted('cloudfront:CreateInvalidation', DISTRIBUTION),
    ],
    [
      'ses',
      client => new SESv2Client(client).send(mailFrom('School <a@example.com>')),
      'AccessDeniedException',
      403,
      `User \`${USER}' is not authorized to perform \`ses:SendEmail' on resource \`arn:aws:ses:us-east-1:000000000000:identity/a@example.com'`,
    ],
    [
      'lambda',
      client => new LambdaClient(client).send(new InvokeCommand({ FunctionName: 'worker' })),
      'AccessDeniedException',
      403,
      notGranted('lambda:InvokeFunction', FUNCTION),
    ],
  ])('%s', async (_, send, name, httpStatusCode, message) => {
    const { client } = await startGuarded(stackWith([]));
    await expect(send(client)).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode } });
  });

  it.each([
    [
      'ses',
      { Action: 'SendEmail', Source: 'School <a@example.com>' },
      403,
      'AccessDenied',
      `User \`${USER}' is not authorized to perform \`ses:SendEmail' on resource \`arn:aws:ses:us-east-1:000000000000:identity/a@example.com'`,
    ],
    [
      'sqs',
      { Action: 'DeleteMessageBatch', QueueUrl: 'http://sqs/000000000000/jobs' },
      403,
      'AccessDenied',
      notGranted('sqs:deletemessage', QUEUE),
    ],
    [
      'ses',
      { Action: 'SendRawEmail' },
      501,
      'NotImplemented',
      'The local cloud does not know which permissions ses SendRawEmail needs',
    ],
  ])('%s in the Query protocol: XML (%#)', async (service, parameters, status, Code, Message) => {
    const { endpoint } = await startGuarded(stackWith([]));
    const headers = { authorization: authorizationOf('worker-role', service) };
    const body = new URLSearchParams(parameters);
    const answer = await fetch(endpoint.url, { method: 'POST', headers, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/xml']);
    const { ErrorResponse } = new XMLParser().parse(await answer.text());
    expect(ErrorResponse.Error).toMatchObject({ Code, Message });
  });

  it.each([
    [
      'ses',
      { Action: 'SendEmail', Source: 'School <a@example.com>' },
      queryResponse('SendEmail', { MessageId: 'm' }, 'http://ses.amazonaws.com/doc/2010-12-01/'),
    ],
    [
      'sqs',
      { Action: 'DeleteMessageBatch', QueueUrl: 'http://sqs/000000000000/jobs' },
      queryResponse('DeleteMessageBatch', {}, 'http://queue.amazonaws.com/doc/2012-11-05/'),
    ],
  ])('but may do in the Query protocol what its policy says: %s', async (service, parameters, answer) => {
    const policy = allow(['ses:SendEmail', 'sqs:DeleteMessage'], '*');
    const { endpoint } = await startGuarded(stackWith([policy]), answer);
    const headers = { authorization: authorizationOf('worker-role', service) };
    const body = new URLSearchParams(parameters);
    expect((await fetch(endpoint.url, { method: 'POST', headers, body })).status).toBe(200);
  });

  it('an operation whose permissions are not known is refused by name', async () => {
    const { endpoint } = await startGuarded(stackWith([allow('s3:*', '*')]));
    const headers = { authorization: authorizationOf('worker-role', 's3') };
    const answer = await fetch(`${endpoint.url}/site?delete`, { method: 'POST', headers });
    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining('s3 DeleteObjects')]);
  });
});
