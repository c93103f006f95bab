import * as z from 'zod/mini';
import { RequestRefusedError } from '../../http/refusal.ts';
import { pageToken, readPageToken, type StudentFilter } from './page-token.ts';
import type { Student } from './student.ts';
import { toStudent } from './student-service.ts';

/** Students in the order of their ids. */
export interface StudentPages {
  /** One read of the list, at most 1 MB. The next one begins `after`; absent at the end. */
  page(request: PageRequest): Promise<StudentPage>;
  /** How many there are; undefined if one read of 1 MB does not reach the end. */
  count(studentClass?: string): Promise<number | undefined>;
}

export interface StudentPage {
  readonly students: readonly Student[];
  readonly after?: string;
}

export interface PageRequest {
  /** The student to begin after. @default the start of the list */
  readonly after?: string;
  readonly class?: string;
  /** Students to read before `class` filters them. @default as many as 1 MB holds */
  readonly limit?: number;
}

export interface ListRequest {
  readonly limit: number;
  readonly filter: StudentFilter;
  readonly after?: string;
}

export interface StudentList {
  readonly students: readonly Student[];
  /** Token of the next page; absent on the last one. */
  readonly next?: string;
  /** How many students match the filter, if that is cheap to know. */
  readonly total?: number;
}

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const MAX_SEARCH_LENGTH = 100;
/** 1 MB each, so some 40,000 students. A search that needs more continues with the next page. */
const MAX_READS = 10;

const SearchText = z.string().check(z.trim(), z.normalize('NFC'), z.maxLength(MAX_SEARCH_LENGTH));

const Query = z.strictObject({
  limit: z._default(
    z
      .pipe(z.string().check(z.regex(/^\d{1,3}$/)), z.transform(Number))
      .check(z.refine(limit => limit >= 1 && limit <= MAX_LIMIT)),
    DEFAULT_LIMIT,
  ),
  next: z.optional(z.string().check(z.maxLength(1000))),
  class: z.optional(SearchText),
  search: z.optional(SearchText),
});

const ALLOWED =
  `Allowed are limit (1 to ${MAX_LIMIT}), next, class and search (up to ${MAX_SEARCH_LENGTH} characters), ` +
  'each once.';

/** @throws RequestRefusedError BadRequest if the query is not valid */
export function readListRequest(query: Readonly<Record<string, string>>): ListRequest {
  const parsed = Query.safeParse(query);
  if (!parsed.success) throw new RequestRefusedError('BadRequest', `Bad query. ${ALLOWED}`);
  const { limit, next, search } = parsed.data;
  const filter = {
    // Forms send what was left empty.
    ...(parsed.data.class ? { class: parsed.data.class } : {}),
    ...(search ? { search } : {}),
  };
  return { limit, filter, ...(next === undefined ? {} : { after: readPageToken(next, filter) }) };
}

/**
 * One page of students. The work is bounded, so a page may hold fewer than asked for, even none,
 * and still have a next one.
 */
export async function listStudents(request: ListRequest, pages: StudentPages): Promise<StudentList> {
  const { records, after } = await collect(request, pages);
  const students = records.map(toStudent);
  const { filter } = request;
  const next = after === undefined ? {} : { next: pageToken(after, filter) };
  if (request.after !== undefined) return { students, ...next };
  const total = after === undefined ? students.length : await countCheaply(filter, pages);
  return { students, ...next, ...(total === undefined ? {} : { total }) };
}

async function collect({ limit, filter, after }: ListRequest, pages: StudentPages) {
  const matches = matcher(filter.search);
  // Reading one more than asked for tells whether there is a next page. With a filter, each read
  // takes as many as it can.
  const readLimit = filter.class === undefined && filter.search === undefined ? { limit: limit + 1 } : {};
  const ofClass = filter.class === undefined ? {} : { class: filter.class };
  const found: Student[] = [];
  let position = after;
  for (let read = 0; read < MAX_READS; read++) {
    const from = position === undefined ? {} : { after: position };
    const page = await pages.page({ ...from, ...ofClass, ...readLimit });
    found.push(...page.students.filter(matches));
    if (found.length > limit) {
      const records = found.slice(0, limit);
      return { records, after: records.at(-1)?.studentid };
    }
    position = page.after;
    if (position === undefined) break;
  }
  return { records: found, after: position };
}

function countCheaply(filter: StudentFilter, pages: StudentPages): Promise<number | undefined> {
  return filter.search === undefined ? pages.count(filter.class) : Promise.resolve(undefined);
}

function matcher(search: string | undefined): (student: Student) => boolean {
  if (search === undefined) return () => true;
  const wanted = search.toLowerCase();
  return ({ studentid, name, email }) =>
    [studentid, name, email].some(text => text.toLowerCase().includes(wanted));
}
