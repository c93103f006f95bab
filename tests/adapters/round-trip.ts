import { expect, onTestFinished } from 'vitest';
import { toLine } from '../../shared/school/backup/item-line.ts';
import { manifestKeyOf } from '../../shared/school/backup/manifest.ts';
import { KEY, manyStudents, type School, startSchool, student, TABLE } from '../helpers/student-records.ts';

/** What a finished backup leaves in its bucket. */
export const FILES = [manifestKeyOf(KEY), KEY].sort();

/** Students with every type that DynamoDB has. */
export const UNUSUAL = [
  student('SV-1', {
    grade: { N: '12345678901234567890.123456789' },
    left: { NULL: true },
    paid: { BOOL: false },
  }),
  student('SV-2', {
    name: { S: 'An\u2028Bình "𝒳" \n\t\\' },
    note: { S: '' },
    key: { B: Uint8Array.of(0, 255) },
  }),
  student('SV-3', {
    tags: { SS: ['b', 'a'] },
    marks: { NS: ['10', '9.5'] },
    keys: { BS: [Uint8Array.of(7)] },
  }),
  student('SV-4', { history: { L: [{ M: { year: { N: '2025' }, notes: { L: [] } } }, { S: 'x' }] } }),
];

/** The school's records, stopped at the end of the test. */
export async function start(): Promise<School> {
  const school = await startSchool();
  onTestFinished(school.stop);
  return school;
}

/**
 * Backs up this many students, unusual ones among them, restores them into an empty table and
 * compares.
 */
export async function expectRoundTrip(count: number): Promise<void> {
  const school = await start();
  await school.enrol([...manyStudents(count - UNUSUAL.length), ...UNUSUAL]);
  expect(await school.backUp(KEY)).toMatchObject({ key: KEY, count, table: TABLE });
  expect(await school.stored()).toEqual(FILES);

  await school.createTable('restored');
  const { exitCode, printed } = await school.restore('--from', KEY, '--into', 'restored');
  expect(exitCode).toBe(0);
  expect(printed).toMatch(new RegExp(`Inserted +${count}\n`));
  const restored = await school.linesOf('restored');
  expect(restored).toEqual(await school.linesOf(TABLE));
  expect(restored).toEqual(expect.arrayContaining(UNUSUAL.map(toLine)));
  expect(await school.reports()).toMatchObject([{ outcome: 'done', key: KEY, count }]);
}
