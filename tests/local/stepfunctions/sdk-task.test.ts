import { describe, expect, it } from 'vitest';
import type { AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { type ServiceCall, startStepFunctions } from './local-step-functions.ts';

/** Runs a machine of one task, while the service behind it answers as told. */
async function runTask(service: string, parameters: object, answer: (call: ServiceCall) => AwsResponse) {
  const Resource = `arn:aws:states:::${service}`;
  const definition = {
    StartAt: 'Only',
    States: { Only: { Type: 'Task', Resource, Parameters: parameters, End: true } },
  };
  const running = await startStepFunctions({ definition, answer });
  const { status, output, error, cause } = await running.run();
  return {
    status,
    error,
    cause,
    output: output === undefined ? undefined : JSON.parse(output),
    calls: running.calls,
  };
}

const xml = (status: number, body: string): AwsResponse => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0"?>${body}`,
});
const xmlError = (status: number, code: string, message: string) =>
  xml(
    status,
    `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
  );
const json = (status: number, body: object): AwsResponse => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
});
const jsonError = (code: string) => json(400, { __type: code, message: 'no' });

const getInvalidation = ['aws-sdk:cloudfront:getInvalidation', { DistributionId: 'E1', Id: 'I1' }] as const;
const getItem = ['dynamodb:getItem', { TableName: 't', Key: { id: { S: '1' } } }] as const;

describe('A task through the SDK', () => {
  it('calls CloudFront as the machine’s role, and returns the SDK’s output with dates as ISO strings', async () => {
    const { output, calls } = await runTask(...getInvalidation, () =>
      xml(
        200,
        '<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-01-02T03:04:05Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity><Items><Path>/a</Path></Items></Paths><CallerReference>r</CallerReference></InvalidationBatch></Invalidation>',
      ),
    );
    expect(output).toEqual({
      Invalidation: {
        Id: 'I1',
        Status: 'InProgress',
        CreateTime: '2026-01-02T03:04:05.000Z',
        InvalidationBatch: { Paths: { Quantity: 1, Items: ['/a'] }, CallerReference: 'r' },
      },
    });
    expect(calls).toMatchObject([{ method: 'GET', url: '/2020-05-31/distribution/E1/invalidation/I1' }]);
    expect(calls[0]?.authorization).toContain('Credential=RefreshRole/');
  });

  it('reads an item of DynamoDB', async () => {
    const Item = { id: { S: '1' }, generation: { N: '3' } };
    const { output, calls } = await runTask(...getItem, () => json(200, { Item }));
    expect(output).toEqual({ Item });
    expect(calls).toMatchObject([{ target: 'DynamoDB_20120810.GetItem' }]);
  });

  it('makes one attempt only: the state machine retries', async () => {
    const { calls } = await runTask(...getInvalidation, () => xmlError(503, 'ServiceUnavailable', 'later'));
    expect(calls).toHaveLength(1);
  });
});

describe('The error of a task', () => {
  it.each([
    [
      ...getInvalidation,
      xmlError(404, 'NoSuchInvalidation', 'gone'),
      'CloudFront.NoSuchInvalidationException',
    ],
    [...getInvalidation, xmlError(403, 'AccessDenied', 'no'), 'CloudFront.AccessDeniedException'],
    [...getInvalidation, xmlError(400, 'Throttling', 'Rate exceeded'), 'CloudFront.CloudFrontException'],
    [
      ...getItem,
      jsonError('com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException'),
      'DynamoDB.ProvisionedThroughputExceededException',
    ],
    [...getItem, jsonError('ValidationException'), 'DynamoDB.AmazonDynamoDBException'],
  ])('%s %j: %j is %s', async (service, parameters, response, name) => {
    expect(await runTask(service, parameters, () => response)).toMatchObject({
      status: 'FAILED',
      error: name,
    });
  });

  it('names in its cause an error that the service’s model does not know', async () => {
    const { cause } = await runTask(...getInvalidation, () => xmlError(400, 'Throttling', 'Rate exceeded'));
    expect(cause).toBe('Throttling: Rate exceeded (Service: CloudFront, Status Code: 400, Request ID: r-1)');
  });
});
