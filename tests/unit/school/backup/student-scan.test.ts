import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createStudentScan } from '../../../../shared/school/aws/student-scan.ts';

type Items = Record<string, AttributeValue>[];

/** Answers every call with one page of these items. */
function clientWith(Items: Items): DynamoDBClient {
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.middlewareStack.add(() => async () => ({ output: { Items, $metadata: {} }, response: undefined }), {
    step: 'initialize',
  });
  return client;
}

async function firstPage(items: Items) {
  for await (const page of createStudentScan('students', clientWith(items)).pages()) return page;
  return;
}

describe('A scan of the student table', () => {
  it('passes items on as they are, whatever attributes they have', async () => {
    const items: Items = [
      { studentid: { S: 'SV001' }, photo: { B: new Uint8Array([1]) }, tags: { SS: ['a'] } },
    ];
    expect(await firstPage(items)).toEqual(items);
  });

  it.each<[string, Items]>([
    ['no student id', [{ studentid: { S: 'SV001' } }, { name: { S: 'Anna' } }]],
    ['a number as its student id', [{ studentid: { N: '1' } }]],
  ])('refuses a page that holds an item with %s', async (_, items) => {
    await expect(firstPage(items)).rejects.toThrow(
      expect.objectContaining({
        name: 'InvalidData',
        message: expect.stringContaining('has no `studentid`'),
      }),
    );
  });
});
