import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { parsed } from '../../parsed.ts';
import type { StudentSource } from '../backup/backup.ts';
import type { StudentItem } from '../backup/item-line.ts';
import { merge } from '../backup/merge.ts';

/** A page has at most 1 MB, and two of each segment are in memory. */
const SEGMENTS = 4;

const Key = z.object({ studentid: z.object({ S: z.string() }) });

/**
 * Only checked, not copied: a copy would lose an attribute named `__proto__`. Attributes besides
 * the key may be anything; `toLine` refuses a type that it does not know.
 */
const Page = z.array(z.custom<StudentItem>(item => Key.safeParse(item).success, 'has no `studentid`'));

/**
 * Every student by a parallel, strongly consistent scan, as fast as the reader takes the pages.
 * Reading a page throws an InvalidDataError if an item in it has no string `studentid`.
 */
export function createStudentScan(table: string, client = new DynamoDBClient({})): StudentSource {
  async function* segment(Segment: number) {
    const input = { TableName: table, ConsistentRead: true, Segment, TotalSegments: SEGMENTS };
    for await (const { Items = [] } of paginateScan({ client }, input))
      yield parsed(Page, Items, `A page of the table ${table}`);
  }

  return { table, pages: () => merge(Array.from({ length: SEGMENTS }, (_, index) => segment(index))) };
}
