import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkStudent } from '../../../../shared/school/students/student.ts';
import { anyText } from '../../../helpers/any-text.ts';
import { ANNA } from './student-memory.ts';

const TODAY = '2026-11-22';
const check = (input: unknown) => checkStudent(input, { today: TODAY });
const problemsWith = (changes: Record<string, unknown>) =>
  (check({ ...ANNA, ...changes }).problems ?? []).map(({ field }) => field);
const messagesWith = (changes: Record<string, unknown>) =>
  (check({ ...ANNA, ...changes }).problems ?? []).map(({ message }) => message);

describe('what a student may be', () => {
  it.each([
    ['studentid', 'SV005'],
    ['studentid', 'a.b_c-D'],
    ['studentid', '9'.repeat(32)],
    ['name', "Seán O'Brien <script>alert(1)</script>"],
    ['name', "Robert'); DROP TABLE students;--"],
    ['name', 'محمد بن سلمان \u200f'],
    ['name', '𠮷'.repeat(100)],
    ['name', '👩‍👩‍👧'],
    ['class', '12/A (evening)'],
    ['birthdate', '2000-02-29'],
    ['birthdate', '1900-01-01'],
    ['birthdate', TODAY],
    ['email', "o'brien+school@mail.example.co.uk"],
    ['email', 'x@xn--bcher-kva.xn--p1ai'],
    ['email', `${'l'.repeat(64)}@${'d'.repeat(63)}.example`],
  ])('accepts %s %j exactly as typed', (field, value) => {
    expect(check({ ...ANNA, [field]: value })).toEqual({ student: { ...ANNA, [field]: value } });
  });

  it.each([
    ['studentid', ''],
    ['studentid', 'SV 005'],
    ['studentid', 'SV/005'],
    ['studentid', 'SVÔ5'],
    ['studentid', '.'],
    ['studentid', '..'],
    ['studentid', '9'.repeat(33)],
    ['name', ' \t '],
    ['name', '𠮷'.repeat(101)],
    ['name', 'Anna\r\nBcc: everyone@example.com'],
    ['name', 'Anna\u0000'],
    ['name', 'Anna\u2028Bee'],
    ['name', 'half a character: \ud800'],
    ['class', 'C'.repeat(33)],
    ['class', 'A\nB'],
    ['birthdate', '2001-02-29'],
    ['birthdate', '2001-13-01'],
    ['birthdate', '2001-5-5'],
    ['birthdate', '05.05.2001'],
    ['birthdate', '+002001-05-05'],
    ['birthdate', '1899-12-31'],
    ['birthdate', '2026-11-23'],
    ['email', 'anna'],
    ['email', 'anna@localhost'],
    ['email', 'anna@@example.com'],
    ['email', 'a..b@example.com'],
    ['email', 'anna@-example.com'],
    ['email', 'anna@192.168.0.1'],
    ['email', 'Anna <anna@example.com>'],
    ['email', 'anna@example.com,eve@example.com'],
    ['email', 'anna@example.com\r\nBcc: eve@example.com'],
    ['email', `${'l'.repeat(65)}@example.com`],
    ['email', `a@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(20)}`],
  ])('refuses %s %j, and only that', (field, value) => {
    expect(new Set(problemsWith({ [field]: value }))).toEqual(new Set([field]));
  });

  it.each([[null], [5], [true], [['SV005']], [{ toString: 'SV005' }]])(
    'refuses %j, which is not a string',
    value => {
      for (const field of Object.keys(ANNA)) expect(problemsWith({ [field]: value })).toEqual([field]);
    },
  );

  it.each([
    ['\u200b'],
    ['\u00ad\u2060'],
    ['\u3164'],
    ['\u2800 \u2800'],
    ['\u200f\u202e'],
    ['\u200d\ufe0f'],
    ['\u{e0041}'],
    ['\u0301'],
  ])('refuses a name that shows nothing: %j', name => {
    expect(problemsWith({ name, class: name })).toEqual(['name', 'class']);
  });

  it('takes away characters that say nothing, and keeps those that join', () => {
    const name = '\ufeffAn\u00adna\u200b می\u200cخواهم 👩\u200d🏫';
    expect(check({ ...ANNA, name }).student?.name).toBe('Anna می\u200cخواهم 👩\u200d🏫');
  });

  it('trims, composes accents, and changes nothing else', () => {
    const decomposed = ANNA.name.normalize('NFD');
    expect(decomposed).not.toBe(ANNA.name);
    const { student } = check({
      ...ANNA,
      studentid: ' SV001 ',
      name: `\t${decomposed}\n`,
      email: ' anh@example.com\r\n',
    });
    expect(student).toEqual(ANNA);
  });

  it('names every problem at once, in words', () => {
    expect(
      check({ studentid: 'SV 5', name: '', birthdate: '2030-01-01', email: 7, grade: 'A', version: 3 }),
    ).toEqual({
      problems: [
        {
          field: 'studentid',
          message: 'Use 1 to 32 letters from A to Z, digits, dots, hyphens or underscores.',
        },
        { field: 'name', message: 'Enter the name.' },
        { field: 'class', message: 'Enter the class.' },
        { field: 'birthdate', message: 'The birthdate is in the future.' },
        { field: 'email', message: 'The e-mail address must be text.' },
        { field: 'grade', message: 'There is no such field.' },
        { field: 'version', message: 'There is no such field.' },
      ],
    });
  });

  it('says one thing about an empty field', () => {
    const empty = { studentid: '', name: '', class: '', birthdate: '', email: '' };
    expect(messagesWith(empty)).toEqual([
      'Enter the student id.',
      'Enter the name.',
      'Enter the class.',
      'Enter the birthdate.',
      'Enter the e-mail address.',
    ]);
  });

  it('accepts only the id in the address, if there is one', () => {
    const { studentid, ...rest } = ANNA;
    expect(checkStudent(rest, { today: TODAY, studentid })).toEqual({ student: ANNA });
    expect(checkStudent(ANNA, { today: TODAY, studentid })).toEqual({ student: ANNA });
    expect(
      checkStudent({ ...ANNA, studentid: 'SV002', name: '' }, { today: TODAY, studentid }).problems,
    ).toEqual([
      { field: 'studentid', message: 'The student id cannot change: it is SV001.' },
      { field: 'name', message: 'Enter the name.' },
    ]);
  });

  it('is not fooled by the names of inherited properties', () => {
    const hostile: unknown = JSON.parse(`{"__proto__":${JSON.stringify(ANNA)},"constructor":1}`);
    const fields = check(hostile).problems?.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining([...Object.keys(ANNA), '__proto__', 'constructor']));
    expect(checkStudent(hostile, { today: TODAY, studentid: 'SV001' }).student).toBeUndefined();
  });
});

describe('for any input', () => {
  const text = fc.oneof(anyText(), fc.string({ unit: 'grapheme' }), fc.constantFrom(...Object.values(ANNA)));
  const almost = fc.record({ studentid: text, name: text, class: text, birthdate: text, email: text });

  it('answers, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), input => {
        const { student, problems } = check(input);
        expect(student === undefined).toBe((problems?.length ?? 0) > 0);
      }),
    );
  });

  it('changes nothing when applied to its own result', () => {
    fc.assert(
      fc.property(almost, input => {
        const { student } = check({ ...ANNA, name: input.name, class: input.class });
        if (student !== undefined) expect(check(student)).toEqual({ student });
      }),
    );
  });

  it('only lets through what is composed, trimmed, on one line and short enough', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), name => {
        const { student } = check({ ...ANNA, name });
        if (student === undefined) return;
        expect(student.name).toBe(name.trim().normalize('NFC'));
        expect(student.name).not.toMatch(/[\r\n\p{Cc}]/u);
        expect(student.name.isWellFormed()).toBe(true);
        expect([...student.name].length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('lets through exactly the days that the calendar has', () => {
    const number = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2025 }), number(13), number(32), (year, month, day) => {
        const pad = (value: number) => `${value}`.padStart(2, '0');
        const lastDay = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
        const isReal = day >= 1 && day <= lastDay;
        expect(problemsWith({ birthdate: `${year}-${pad(month)}-${pad(day)}` }).length === 0).toBe(isReal);
      }),
    );
  });
});
