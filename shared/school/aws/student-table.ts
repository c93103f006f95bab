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
import type { Change, StudentRecord, StudentRecords } from '../students/student-service.ts';

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

    async replace(fields, change, seen) {
      const replaced = await unlessConditionFails(() =>
        documents.send(new UpdateCommand({ TableName, ...replacement(fields, change, seen) })),
      );
      return replaced?.Attributes === undefined ? undefined : toRecord(replaced.Attributes);
    },

    async remove(studentid, seen) {
      const { condition, values } = isStill(seen);
      const command = new DeleteCommand({
        TableName,
        Key: { studentid },
        ...(condition === undefined
          ? {}
          : {
              ConditionExpression: `attribute_not_exists(studentid) OR (${condition})`,
              ExpressionAttributeValues: values,
            }),
      });
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

function replacement(
  { studentid, ...fields }: StudentFields,
  { at, revision }: Change,
  seen: string | undefined,
) {
  const exists = 'attribute_exists(studentid)';
  const { condition, values } = isStill(seen);
  return {
    Key: { studentid },
    // What another program left out is made up for.
    UpdateExpression:
      'SET #name = :name, #class = :class, birthdate = :birthdate, email = :email, updatedAt = :at, revision = :revision, createdAt = if_not_exists(createdAt, :at), createdBy = if_not_exists(createdBy, :unknown), #kind = :kind ADD version :one',
    ConditionExpression: condition === undefined ? exists : `${exists} AND ${condition}`,
    ExpressionAttributeNames: { '#name': 'name', '#class': 'class', '#kind': 'kind' },
    ExpressionAttributeValues: {
      ':unknown': 'unknown',
      ':kind': STUDENT_KIND,
      ':name': fields.name,
      ':class': fields.class,
      ':birthdate': fields.birthdate,
      ':email': fields.email,
      ':at': at,
      ':revision': revision,
      ':one': 1,
      ...values,
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

/**
 * Records of earlier versions of this program have no revision. Theirs is the version, which an id
 * may have had before, and when the student was created.
 */
const derivedRevision = ({ version, createdAt }: Pick<StudentRecord, 'version' | 'createdAt'>) =>
  `${version}.${createdAt}`;
const DERIVED = /^(\d{1,15})\.(.*)$/;

/** Holds while a record is in a revision. */
function isStill(revision: string | undefined): {
  readonly condition?: string;
  readonly values: Readonly<Record<string, string | number>>;
} {
  if (revision === undefined) return { values: {} };
  const [, version, createdAt = ''] = DERIVED.exec(revision) ?? [];
  if (version === undefined) return { condition: 'revision = :seen', values: { ':seen': revision } };
  const parts = [
    { name: 'version', value: Number(version), isThere: version !== '0' },
    { name: 'createdAt', value: createdAt, isThere: createdAt !== '' },
  ];
  const there = parts.filter(({ isThere }) => isThere);
  const conditions = parts.map(({ name, isThere }) =>
    isThere ? `${name} = :${name}` : `attribute_not_exists(${name})`,
  );
  return {
    condition: ['attribute_not_exists(revision)', ...conditions].join(' AND '),
    values: Object.fromEntries(there.map(({ name, value }) => [`:${name}`, value])),
  };
}

const Text = z.catch(z.string(), '');

/** Other programs may have written an item, or a part of it: only its key is sure. */
const Item = z.object({
  studentid: z.string(),
  name: Text,
  class: Text,
  birthdate: Text,
  email: Text,
  version: z.catch(z.int().check(z.positive()), 0),
  revision: z.catch(z.optional(z.string()), undefined),
  createdAt: Text,
  updatedAt: Text,
  createdBy: Text,
  confirmation: z.catch(z.optional(z.literal('pending')), undefined),
});

/** @throws InvalidDataError */
function toRecord(item: Record<string, unknown>): StudentRecord {
  const { confirmation, revision, ...record } = parsed(Item, item, 'The record of a student');
  const incomplete = Object.entries(record).flatMap(([name, value]) =>
    value === '' || value === 0 ? name : [],
  );
  return {
    ...record,
    revision: revision ?? derivedRevision(record),
    ...(confirmation === undefined ? {} : { confirmation }),
    ...(incomplete.length === 0 ? {} : { incomplete }),
  };
}
