import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { unlessConditionFails } from '../../aws/conditional-write.ts';
import { parsed } from '../../parsed.ts';
import type { StudentPages } from '../students/list-students.ts';
import type { StudentFields } from '../students/student.ts';
import type { StudentRecord, StudentRecords } from '../students/student-service.ts';

/**
 * Index that lists every student in the order of the ids: partition key `kind`, the same for all,
 * sort key `studentid`.
 */
export const STUDENTS_IN_ORDER = 'StudentsInOrder';
const STUDENT_KIND = 'student';

/**
 * Students in DynamoDB. Lists come from an index, which sees a change a moment later than `get`
 * does.
 */
export function createStudentTable(
  TableName: string,
  client = new DynamoDBClient({}),
): StudentRecords & StudentPages {
  const documents = DynamoDBDocumentClient.from(client);
  return { ...studentRecords(documents, TableName), ...studentPages(documents, TableName) };
}

function studentRecords(documents: DynamoDBDocumentClient, TableName: string): StudentRecords {
  return {
    async add(record) {
      const command = new PutCommand({
        TableName,
        Item: { ...record, kind: STUDENT_KIND },
        ConditionExpression: 'attribute_not_exists(studentid)',
      });
      return (await unlessConditionFails(() => documents.send(command))) !== undefined;
    },

    async get(studentid) {
      const command = new GetCommand({ TableName, Key: { studentid }, ConsistentRead: true });
      const { Item } = await documents.send(command);
      return Item === undefined ? undefined : toRecord(Item);
    },

    async replace(fields, at, version) {
      const replaced = await unlessConditionFails(() =>
        documents.send(new UpdateCommand({ TableName, ...replacement(fields, at, version) })),
      );
      return replaced?.Attributes === undefined ? undefined : toRecord(replaced.Attributes);
    },

    async remove(studentid, version) {
      const condition =
        version === undefined
          ? {}
          : {
              ConditionExpression: 'attribute_not_exists(studentid) OR version = :version',
              ExpressionAttributeValues: { ':version': version },
            };
      const command = new DeleteCommand({ TableName, Key: { studentid }, ...condition });
      return (await unlessConditionFails(() => documents.send(command))) !== undefined;
    },

    async confirmed(studentid, createdAt) {
      const command = new UpdateCommand({
        TableName,
        Key: { studentid },
        UpdateExpression: 'REMOVE confirmation',
        ConditionExpression: 'createdAt = :createdAt',
        ExpressionAttributeValues: { ':createdAt': createdAt },
      });
      await unlessConditionFails(() => documents.send(command));
    },
  };
}

function studentPages(documents: DynamoDBDocumentClient, TableName: string): StudentPages {
  return {
    async page({ after, limit, ...filter }) {
      const { Items = [], LastEvaluatedKey } = await documents.send(
        new QueryCommand({
          TableName,
          ...inOrder(filter.class),
          ...(after === undefined ? {} : { ExclusiveStartKey: { kind: STUDENT_KIND, studentid: after } }),
          ...(limit === undefined ? {} : { Limit: limit }),
        }),
      );
      const last = LastEvaluatedKey?.['studentid'];
      return { students: Items.map(toRecord), ...(last === undefined ? {} : { after: String(last) }) };
    },

    async count(studentClass) {
      const command = new QueryCommand({ TableName, ...inOrder(studentClass), Select: 'COUNT' });
      const { Count, LastEvaluatedKey } = await documents.send(command);
      return LastEvaluatedKey === undefined ? Count : undefined;
    },
  };
}

function replacement({ studentid, ...fields }: StudentFields, at: string, version: number | undefined) {
  const exists = 'attribute_exists(studentid)';
  return {
    Key: { studentid },
    UpdateExpression:
      'SET #name = :name, #class = :class, birthdate = :birthdate, email = :email, updatedAt = :at ADD version :one',
    ConditionExpression: version === undefined ? exists : `${exists} AND version = :version`,
    ExpressionAttributeNames: { '#name': 'name', '#class': 'class' },
    ExpressionAttributeValues: {
      ':name': fields.name,
      ':class': fields.class,
      ':birthdate': fields.birthdate,
      ':email': fields.email,
      ':at': at,
      ':one': 1,
      ...(version === undefined ? {} : { ':version': version }),
    },
    ReturnValues: 'ALL_NEW' as const,
  };
}

function inOrder(studentClass: string | undefined) {
  const ofClass = studentClass !== undefined;
  return {
    IndexName: STUDENTS_IN_ORDER,
    KeyConditionExpression: '#kind = :kind',
    ...(ofClass ? { FilterExpression: '#class = :class' } : {}),
    ExpressionAttributeNames: { '#kind': 'kind', ...(ofClass ? { '#class': 'class' } : {}) },
    ExpressionAttributeValues: { ':kind': STUDENT_KIND, ...(ofClass ? { ':class': studentClass } : {}) },
  };
}

const Item = z.object({
  studentid: z.string(),
  name: z.string(),
  class: z.string(),
  birthdate: z.string(),
  email: z.string(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  createdBy: z.string(),
  confirmation: z.optional(z.literal('pending')),
});

/** @throws InvalidDataError */
function toRecord(item: Record<string, unknown>): StudentRecord {
  const { confirmation, ...record } = parsed(
    Item,
    item,
    `The record of student ${String(item['studentid'])}`,
  );
  return { ...record, ...(confirmation === undefined ? {} : { confirmation }) };
}
