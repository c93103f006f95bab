import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listStudents, readListRequest } from '../../../../shared/school/students/list-students.ts';
import { ANNA, createStudentMemory } from './student-memory.ts';

const NUMBERED = { version: 1, revision: 'r1', createdAt: 'then', updatedAt: 'then', createdBy: 'request' };

function school(size: number, recordsPerRead?: number) {
  const { records, stored, reads } = createStudentMemory(undefined, recordsPerRead);
  for (let index = 0; index < size; index++) {
    const studentid = `SV${`${index}`.padStart(4, '0')}`;
    const fields = { ...ANNA, studentid, class: index % 3 === 0 ? 'A' : 'B', email: `${index}@example.com` };
    stored.set(studentid, { ...fields, ...NUMBERED });
  }
  return { records, reads };
}

const list = (query: Record<string, string>, { records }: ReturnType<typeof school>) =>
  listStudents(readListRequest(query), records);

async function everyPage(query: Record<string, string>, of: ReturnType<typeof school>) {
  const ids: string[] = [];
  let pages = 0;
  for (let next: string | undefined = ''; next !== undefined; pages++) {
    const page = await list({ ...query, ...(next === '' ? {} : { next }) }, of);
    ids.push(...page.students.map(({ studentid }) => studentid));
    next = page.next;
  }
  return { ids, pages };
}

describe('a list of students', () => {
  it('has pages of 25, in the order of the ids, and says how many there are', async () => {
    const first = await list({}, school(60));
    expect(first.students.map(({ studentid }) => studentid).slice(0, 2)).toEqual(['SV0000', 'SV0001']);
    expect(first).toMatchObject({ students: { length: 25 }, next: expect.any(String), total: 60 });
    expect(Object.keys(first.students[0] ?? {})).not.toContain('createdBy');
  });

  it('has no next page after the last student, even when they end with a page', async () => {
    expect(await everyPage({ limit: '20' }, school(60))).toMatchObject({ pages: 3, ids: { length: 60 } });
    expect(await list({}, school(0))).toEqual({ students: [], total: 0 });
  });

  it.each([
    ['class', 'A', 20],
    ['class', 'a', 0],
    ['search', 'sv000', 10],
    ['search', '7@EXAMPLE', 6],
    ['search', 'thị', 60],
    ['search', 'THỊ'.normalize('NFD'), 60],
    ['search', '.*', 0],
    ['search', '', 60],
  ])('by %s %j finds %i of 60', async (name, value, count) => {
    const found = await everyPage({ [name]: value, limit: '7' }, school(60));
    expect(found.ids).toHaveLength(count);
    expect(found.ids).toEqual([...new Set(found.ids)].sort());
  });

  it('has a total only if a single read returns it', async () => {
    expect((await list({ limit: '5', class: 'A' }, school(60))).total).toBe(20);
    expect(await list({ limit: '5', search: 'sv' }, school(60))).not.toHaveProperty('total');
    expect(await list({ limit: '5' }, school(60, 50))).not.toHaveProperty('total');
    expect((await list({ search: 'sv0001' }, school(60))).total).toBe(1);
  });

  it('reads at most ten times for one page, then goes on with the next', async () => {
    const big = school(60, 4);
    const page = await list({ search: 'sv0059' }, big);
    expect(big.reads).toHaveLength(10);
    expect(page).toEqual({ students: [], next: expect.any(String) });
    expect(await everyPage({ search: 'sv0059' }, big)).toEqual({ ids: ['SV0059'], pages: 2 });
  });

  it('reads one student more than a page holds, not everything', async () => {
    const of60 = school(60);
    await list({ limit: '5' }, of60);
    expect(of60.reads).toEqual([{ after: '', limit: 6 }]);
  });

  it('shows each student once, whatever the pages', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom({}, { class: 'A' }, { search: '1' }, { class: 'B', search: '2' }),
        async (size, recordsPerRead, limit, filter) => {
          const everyone = (await everyPage({ ...filter, limit: '100' }, school(size))).ids;
          const { ids } = await everyPage({ ...filter, limit: `${limit}` }, school(size, recordsPerRead));
          expect(ids).toEqual(everyone);
        },
      ),
    ));

  const refused: Record<string, string>[] = [
    { limit: '0' },
    { limit: '101' },
    { limit: '-1' },
    { limit: '1.5' },
    { limit: '1e1' },
    { limit: '' },
    { next: '' },
    { next: 'nonsense' },
    { next: 'A'.repeat(5000) },
    { search: 'x'.repeat(101) },
    { serach: 'typo' },
    { constructor: '1' },
  ];

  it.each(refused)('refuses the query %j', query => {
    expect(() => readListRequest(query)).toThrow(expect.objectContaining({ code: 'BadRequest' }));
  });
});
