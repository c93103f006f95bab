import * as z from 'zod/mini';
import type { FieldProblem } from '../../http/refusal.ts';
import { isEmailAddress, MAX_EMAIL_LENGTH } from '../../mail/email-address.ts';
import type { IsoTime } from '../../time.ts';

/*
 * The page checks its form with this file, too, so nothing here may need more than a browser has.
 */

/** What people write about a student. */
export interface StudentFields {
  readonly studentid: string;
  readonly name: string;
  readonly class: string;
  /** `YYYY-MM-DD` */
  readonly birthdate: string;
  readonly email: string;
}

/** A student as the API returns it. */
export interface Student extends StudentFields {
  /** Starts at 1 and grows with every change. */
  readonly version: number;
  /** Another one with every change, and never one that the id has had. In quotes it is the ETag. */
  readonly revision: string;
  readonly createdAt: IsoTime;
  readonly updatedAt: IsoTime;
  /**
   * What its record lacks, which another program wrote: these members are empty, or 0. Whoever
   * changes the student repairs it. Absent if nothing is missing.
   */
  readonly incomplete?: readonly string[];
}

export type CheckedStudent =
  | { readonly student: StudentFields; readonly problems?: never }
  | { readonly student?: never; readonly problems: readonly FieldProblem[] };

export interface StudentRules {
  /** `YYYY-MM-DD`. A birthdate cannot be later. */
  readonly today: string;
  /** The only id allowed, and the default if the input has none. @default any */
  readonly studentid?: string;
}

export const MAX_ID_LENGTH = 32;
const MAX_NAME_LENGTH = 100;
const MAX_CLASS_LENGTH = 32;
const EARLIEST_BIRTHDATE = '1900-01-01';

const STUDENT_ID = /^[A-Za-z0-9._-]{1,32}$/;
/**
 * Browsers and gateways resolve these in a path, so a student with such an id could not be
 * requested.
 */
const PATH_SEGMENTS = ['.', '..'];
/** Control characters, line and paragraph separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/**
 * Soft hyphens, zero width spaces and their kind, which programs leave in what is copied from them.
 * They say nothing. Joiners do in some scripts, and in emoji.
 */
const MEANINGLESS = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff]/g;
/** What shows nothing: spaces, the ignorable characters of Unicode, and blank Braille. */
const INVISIBLE = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}\u2800]*$/u;

export function isStudentId(text: string): boolean {
  return STUDENT_ID.test(text) && !PATH_SEGMENTS.includes(text);
}

/** Whether a string can be shown on one line, and stored and mailed unaltered. */
function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/**
 * Checks what someone entered. It is trimmed, put into Unicode's composed form (NFC), rid of
 * characters that say nothing, and otherwise left as typed. Reports all problems at once. Checking
 * the result again changes nothing.
 */
export function checkStudent(input: unknown, rules: StudentRules): CheckedStudent {
  const given = rules.studentid === undefined || !isObject(input);
  const checked = schemaFor(rules).safeParse(given ? input : { studentid: rules.studentid, ...input });
  return checked.success ? { student: checked.data } : { problems: checked.error.issues.flatMap(problemsOf) };
}

function schemaFor({ today, studentid }: StudentRules) {
  return z.strictObject({
    studentid: filled('student id').check(
      z.refine(
        text => text === '' || isStudentId(text),
        `Use 1 to ${MAX_ID_LENGTH} letters from A to Z, digits, dots, hyphens or underscores.`,
      ),
      z.refine(
        text => studentid === undefined || text === studentid,
        `The student id cannot change: it is ${studentid}.`,
      ),
    ),
    name: line('name', MAX_NAME_LENGTH),
    class: line('class', MAX_CLASS_LENGTH),
    birthdate: filled('birthdate').check(
      z.superRefine((text, context) => {
        const message = birthdateProblem(text, today);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }),
    ),
    email: filled('e-mail address').check(
      z.refine(
        text => text === '' || isEmailAddress(text),
        'Enter one e-mail address, like name@example.com.',
      ),
      z.refine(text => text.length <= MAX_EMAIL_LENGTH, `Use at most ${MAX_EMAIL_LENGTH} characters.`),
    ),
  });
}

function filled(label: string) {
  return z
    .string({
      error: ({ input }) => (input === undefined ? `Enter the ${label}.` : `The ${label} must be text.`),
    })
    .check(z.overwrite(tidied), z.minLength(1, `Enter the ${label}.`));
}

/** Without what says nothing, in Unicode's composed form. A text that shows nothing is empty. */
function tidied(text: string): string {
  const tidy = text.replaceAll(MEANINGLESS, '').trim().normalize('NFC');
  return INVISIBLE.test(tidy) ? '' : tidy;
}

/** @param max in code points: a 4-byte character counts as one, not two */
function line(label: string, max: number) {
  return filled(label).check(
    z.refine(text => [...text].length <= max, `Use at most ${max} characters.`),
    z.refine(isPrintable, 'Remove line breaks and other control characters.'),
  );
}

function birthdateProblem(text: string, today: string): string | undefined {
  if (text === '') return;
  if (!isCalendarDate(text)) return 'Enter a real date as YYYY-MM-DD, like 2001-05-05.';
  if (text > today) return 'The birthdate is in the future.';
  if (text < EARLIEST_BIRTHDATE) return `The birthdate is before ${EARLIEST_BIRTHDATE}.`;
  return;
}

/** `Date` alone would turn 30 February into 2 March. */
function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ field: key.slice(0, 64), message: 'There is no such field.' }));
  }
  if (issue.path.length === 0) return [{ field: '', message: 'A student is an object with named fields.' }];
  return [{ field: issue.path.join('.'), message: issue.message }];
}

function isObject(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
