import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudentTable } from '../../../../shared/school/aws/student-table.ts';
import type { StudentRecord } from '../../../../shared/school/students/student-service.ts';
import { STUDENT_TABLE, startTables } from './local-tables.ts';
import { ANNA } from './student-memory.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let table: ReturnType<typeof createStudentTable>;

beforeAll(async () => {
  tables = await startTables();
  table = createStudentTable(STUDENT_TABLE, tables.client);
});

afterAll(() => tables.stop());

const recordOf = (studentid: string): StudentRecord => ({
  ...ANNA,
  studentid,
  version: 1,
  revision: 'r1',
  createdAt: 'then',
  updatedAt: 'then',
  createdBy: 'request 1',
  confirmation: 'pending',
});

const CHANGE = { at: 'now', revision: 'r2' };
const CHANGED = { updatedAt: 'now', revision: 'r2' };

describe('the student table', () => {
  it('adds a record once, and reads it back as it was', async () => {
    const record = recordOf('add');
    expect(await table.add(record)).toBe(true);
    expect(await table.add({ ...record, name: 'Eve' })).toBe(false);
    expect(await table.get('add')).toStrictEqual(record);
    expect(await table.get('nobody')).toBeUndefined();
  });

  it('keeps the fields under the names that people use', async () => {
    await table.add(recordOf('names'));
    const { Item } = await tables.client.send(
      new GetItemCommand({ TableName: STUDENT_TABLE, Key: { studentid: { S: 'names' } } }),
    );
    expect(Item).toMatchObject({
      class: { S: 'CNTT05' },
      birthdate: { S: '2001-05-05' },
      kind: { S: 'student' },
    });
  });

  it('replaces the requested version, and creates nothing', async () => {
    await table.add(recordOf('replace'));
    const fields = { ...ANNA, studentid: 'replace', name: 'New', class: 'X' };
    expect(await table.replace(fields, CHANGE, 'r1')).toStrictEqual({
      ...recordOf('replace'),
      ...fields,
      version: 2,
      revision: 'r2',
      updatedAt: 'now',
    });
    expect(await table.replace(fields, CHANGE, 'r1')).toBeUndefined();
    expect(await table.replace(fields, CHANGE)).toMatchObject({ version: 3 });
    expect(await table.replace({ ...fields, studentid: 'nobody' }, CHANGE)).toBeUndefined();
    expect(await table.get('nobody')).toBeUndefined();
  });

  it('accepts one of several concurrent changes to a version', async () => {
    await table.add(recordOf('race'));
    const changes = Array.from({ length: 10 }, (_, index) =>
      table.replace({ ...ANNA, studentid: 'race', name: `${index}` }, CHANGE, 'r1'),
    );
    const taken = (await Promise.all(changes)).filter(record => record !== undefined);
    expect(taken).toHaveLength(1);
    expect(await table.get('race')).toEqual(taken[0]);
  });

  it('removes the requested version, or a student who is gone already', async () => {
    await table.add(recordOf('remove'));
    expect(await table.remove('remove', 'r2')).toBe(false);
    expect(await table.remove('remove', 'r1')).toBe(true);
    expect(await table.remove('remove', 'r1')).toBe(true);
    expect(await table.remove('remove')).toBe(true);
  });

  it('tells records without a revision apart by their version and when they were created', async () => {
    const { revision: _, ...old } = recordOf('old');
    const put = (createdAt: string) =>
      tables.client.send(
        new PutItemCommand({
          TableName: STUDENT_TABLE,
          Item: marshall({ ...old, kind: 'student', createdAt }),
        }),
      );
    await put('2026-01-01T00:00:00.000Z');
    const { revision } = (await table.get('old')) ?? {};
    expect(revision).toBe('1.2026-01-01T00:00:00.000Z');
    await put('2026-01-02T00:00:00.000Z');
    expect(await table.remove('old', revision)).toBe(false);
    const fields = { ...ANNA, studentid: 'old' };
    expect(await table.replace(fields, CHANGE, revision)).toBeUndefined();
    const seen = (await table.get('old'))?.revision;
    expect(await table.replace(fields, CHANGE, seen)).toMatchObject({ version: 2, revision: 'r2' });
    expect(await table.remove('old', seen)).toBe(false);
  });

  it('reads what another program wrote, and has it repaired by the next change', async () => {
    const item = { studentid: { S: 'part' }, name: { S: 'Bình' }, kind: { S: 'student' } };
    await tables.client.send(new PutItemCommand({ TableName: STUDENT_TABLE, Item: item }));
    const { students } = await table.page({});
    const part = students.find(({ studentid }) => studentid === 'part');
    expect(part).toMatchObject({
      name: 'Bình',
      email: '',
      version: 0,
      revision: '0.',
      incomplete: ['class', 'birthdate', 'email', 'version', 'createdAt', 'updatedAt', 'createdBy'],
    });
    const fields = { ...ANNA, studentid: 'part' };
    expect(await table.replace(fields, CHANGE, 'r1')).toBeUndefined();
    const repaired = { ...fields, version: 1, createdAt: 'now', createdBy: 'unknown', ...CHANGED };
    expect(await table.replace(fields, CHANGE, '0.')).toStrictEqual(repaired);
    expect(await table.get('part')).toStrictEqual(repaired);
  });

  it('confirms only the student that was created then', async () => {
    await table.add(recordOf('confirm'));
    await table.confirmed('confirm', 'at another time');
    expect(await table.get('confirm')).toHaveProperty('confirmation');
    await table.confirmed('confirm', 'then');
    expect(await table.get('confirm')).not.toHaveProperty('confirmation');
    await table.confirmed('nobody', 'then');
    expect(await table.get('nobody')).toBeUndefined();
  });

  it('lists in the order of the ids, by class, from any student on', async () => {
    const ids = ['~', 'b', 'B', '10', '9', '_'].map(id => `list-${id}`);
    await Promise.all(
      ids.map(id => table.add({ ...recordOf(id), class: id === 'list-b' ? 'only' : 'CNTT05' })),
    );
    const idsOf = async (request: Parameters<typeof table.page>[0]) =>
      (await table.page(request)).students.map(({ studentid }) => studentid);

    const all = await idsOf({});
    expect(all).toEqual([...all].sort());
    expect(all.filter(id => id.startsWith('list-'))).toEqual([...ids].sort());
    expect(await idsOf({ after: 'list-B', limit: 2 })).toEqual(['list-_', 'list-b']);
    expect(await idsOf({ after: 'list-C', limit: 1 })).toEqual(['list-_']);
    expect((await table.page({ after: 'list-B', limit: 2 })).after).toBe('list-b');
    expect(await idsOf({ class: 'only' })).toEqual(['list-b']);
    expect(await table.count()).toBe(all.length);
    expect(await table.count('only')).toBe(1);
  });
});
