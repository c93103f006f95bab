import { dateToTag } from '@smithy/core/cbor';
import { describe, expect, it } from 'vitest';
import type { AwsRequest, AwsResponse } from '../../../../infra/local/kernel/aws-api.ts';
import { violationsIn } from '../../../helpers/aws-model/check-answer.ts';
import {
  alarm,
  attributes,
  BATCH,
  CREATE_TIME,
  cloudFrontError,
  DESCRIBE_ALARMS,
  DESCRIBE_EXECUTION,
  DESCRIBE_STACKS,
  EXECUTION,
  GET_INVALIDATION,
  GET_ITEM,
  GET_QUEUE_ATTRIBUTES,
  HEAD_OBJECT,
  INVOKE,
  invalidation,
  json,
  LIST_OBJECTS,
  listed,
  MESSAGE,
  NO_QUEUE,
  RECEIVE_MESSAGE,
  request,
  restJson,
  STACK,
  stacks,
  xml,
} from './answers.ts';

describe('An answer as AWS writes it passes:', () => {
  it.each<[string, AwsRequest, AwsResponse]>([
    ['JSON', DESCRIBE_EXECUTION, json(EXECUTION)],
    ['JSON with a list and a map', RECEIVE_MESSAGE, json({ Messages: [MESSAGE] })],
    ['a union', GET_ITEM, json({ Item: { a: { S: 'x' }, b: { L: [{ N: '1' }] } } })],
    [
      'an error in JSON',
      RECEIVE_MESSAGE,
      json({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'm' }, 400, NO_QUEUE),
    ],
    ['XML', GET_INVALIDATION, invalidation(`<Id>I1</Id><Status>Completed</Status>${CREATE_TIME}${BATCH}`)],
    ['an error in XML', GET_INVALIDATION, cloudFrontError('NoSuchInvalidation', 404)],
    [
      'XML with a flattened list',
      LIST_OBJECTS,
      listed('<Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key></Contents>'),
    ],
    [
      'an error of S3 that comes late',
      LIST_OBJECTS,
      xml('<Error><Code>InternalError</Code><Message>m</Message></Error>'),
    ],
    [
      'headers',
      HEAD_OBJECT,
      {
        status: 200,
        headers: {
          'content-length': '1',
          'x-amz-meta-a': 'b',
          'last-modified': 'Mon, 30 Nov 2026 10:00:00 GMT',
        },
      },
    ],
    ['the Query protocol', DESCRIBE_STACKS, stacks(`${STACK}<StackStatus>CREATE_COMPLETE</StackStatus>`)],
    ['a flattened map of the Query protocol', GET_QUEUE_ATTRIBUTES, attributes('DelaySeconds')],
    ['CBOR', DESCRIBE_ALARMS, alarm(dateToTag(new Date(0)))],
    ['a payload', INVOKE, restJson('anything', 200, { 'x-amz-executed-version': '$LATEST' })],
    ['a service without a model', request('route53', 'GET', '/'), json({ any: 'thing' })],
  ])('%s', async (_, asked, answered) => {
    expect(await violationsIn({ request: asked, response: answered })).toEqual([]);
  });
});

describe('The operation of a REST request', () => {
  // A path alone does not tell them apart.
  it.each([
    ['CopyObject', 'PUT', '/site/a.html', { 'x-amz-copy-source': '/site/b.html' }],
    ['UploadPart', 'PUT', '/site/a.html?partNumber=1&uploadId=u', {}],
    ['PutObject', 'PUT', '/site/a/../b?x-id=PutObject', {}],
    ['ListObjects', 'GET', '/site?prefix=a', {}],
    ['ListObjectsV2', 'GET', '/site/?list-type=2', {}],
    ['ListBuckets', 'GET', '/', {}],
    ['GetBucketEncryption', 'GET', '/site?encryption', {}],
    ['CreateMultipartUpload', 'POST', '/site/a.html?uploads', {}],
    ['DeleteObjects', 'POST', '/site?delete', {}],
  ])('is found by what its model needs: %s', async (operation, method, url, headers) => {
    const response = { status: 200, headers: { 'x-amz-colour': 'red' }, body: '' };
    const [violation] = await violationsIn({ request: request('s3', method, url, headers), response });
    expect(violation).toContain(`s3 ${operation}, status 200: `);
  });
});
