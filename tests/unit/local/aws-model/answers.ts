/** Requests, and answers to them as AWS writes them, in every protocol. */
import { cbor } from '@smithy/core/cbor';
import type { AwsRequest, AwsResponse } from '../../../../infra/local/kernel/aws-api.ts';

export const request = (service: string, method: string, url: string, headers = {}): AwsRequest => ({
  service,
  caller: 'tester',
  method,
  url,
  headers,
  body: Buffer.alloc(0),
});

export const answer = (
  contentType: string,
  body: string | Buffer,
  status = 200,
  headers = {},
): AwsResponse => ({
  status,
  headers: { 'content-type': contentType, ...headers },
  body,
});

export const json = (value: unknown, status = 200, headers = {}) =>
  answer('application/x-amz-json-1.0', JSON.stringify(value), status, headers);
export const restJson = (value: unknown, status = 200, headers = {}) =>
  answer('application/json', JSON.stringify(value), status, headers);
export const xml = (body: string, status = 200) =>
  answer('text/xml', `<?xml version="1.0"?>\n${body}`, status);

export const rpc = (service: string, target: string, headers = {}) =>
  request(service, 'POST', '/', { 'x-amz-target': target, ...headers });

export const DESCRIBE_EXECUTION = rpc('states', 'AWSStepFunctions.DescribeExecution');
export const EXECUTION = {
  executionArn: 'arn:aws:states:us-east-1:000000000000:execution:a:b',
  stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:a',
  status: 'RUNNING',
  startDate: 1_790_000_000.5,
};

export const RECEIVE_MESSAGE = rpc('sqs', 'AmazonSQS.ReceiveMessage', { 'x-amzn-query-mode': 'true' });
export const MESSAGE = { MessageId: 'a', ReceiptHandle: 'b', Body: '{}', Attributes: { SentTimestamp: '1' } };
export const NO_QUEUE = { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' };

export const GET_ITEM = rpc('dynamodb', 'DynamoDB_20120810.GetItem');

export const GET_INVALIDATION = request('cloudfront', 'GET', '/2020-05-31/distribution/E1/invalidation/I1');
export const CLOUDFRONT = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"';
export const CREATE_TIME = '<CreateTime>2026-11-30T10:00:00.000Z</CreateTime>';
export const BATCH =
  '<InvalidationBatch><CallerReference>r</CallerReference><Paths><Quantity>2</Quantity><Items><Path>/a</Path><Path>/b</Path></Items></Paths></InvalidationBatch>';
export const invalidation = (content: string) => xml(`<Invalidation ${CLOUDFRONT}>${content}</Invalidation>`);
export const cloudFrontError = (code: string, status: number) =>
  xml(
    `<ErrorResponse ${CLOUDFRONT}><Error><Type>Sender</Type><Code>${code}</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    status,
  );

export const LIST_OBJECTS = request('s3', 'GET', '/site?list-type=2');
export const listed = (content: string) =>
  xml(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>site</Name>${content}</ListBucketResult>`,
  );
export const HEAD_OBJECT = request('s3', 'HEAD', '/site/a.html');

export const DESCRIBE_STACKS = request('cloudformation', 'GET', '/?Action=DescribeStacks');
export const stacks = (content: string) =>
  xml(
    `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>${content}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
export const STACK = '<StackName>a</StackName><CreationTime>2026-11-30T10:00:00Z</CreationTime>';

export const GET_QUEUE_ATTRIBUTES = request('sqs', 'GET', '/?Action=GetQueueAttributes');
export const attributes = (name: string) =>
  xml(
    `<GetQueueAttributesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><GetQueueAttributesResult><Attribute><Name>${name}</Name><Value>1</Value></Attribute></GetQueueAttributesResult></GetQueueAttributesResponse>`,
  );

export const DESCRIBE_ALARMS = request(
  'monitoring',
  'POST',
  '/service/GraniteServiceVersion20100801/operation/DescribeAlarms',
  { 'smithy-protocol': 'rpc-v2-cbor' },
);
export const alarm = (updated: unknown) =>
  answer(
    'application/cbor',
    Buffer.from(cbor.serialize({ MetricAlarms: [{ AlarmName: 'a', StateUpdatedTimestamp: updated }] })),
  );

export const INVOKE = request('lambda', 'POST', '/2015-03-31/functions/f/invocations');
