import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { STUDENTS_IN_ORDER } from '../../../../shared/school/aws/student-table.ts';
import { startDynamoDb } from '../../../helpers/dynamodb.ts';

export const STUDENT_TABLE = 'studentData';
export const IDEMPOTENCY_TABLE = 'requests';

/** The tables of the API in an emulated DynamoDB, in memory. */
export async function startTables() {
  const { client, endpoint, stop } = await startDynamoDb();
  await client.send(
    new CreateTableCommand({
      TableName: STUDENT_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'studentid', AttributeType: 'S' },
        { AttributeName: 'kind', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'studentid', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: STUDENTS_IN_ORDER,
          KeySchema: [
            { AttributeName: 'kind', KeyType: 'HASH' },
            { AttributeName: 'studentid', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: IDEMPOTENCY_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  return { endpoint, client, stop };
}
