import * as z from 'zod';
import type { Attribute, Item, StudentItem } from './item-line.ts';

const Binary = z.base64().transform(text => new Uint8Array(Buffer.from(text, 'base64')));

/** As entries, because z.record drops an attribute named `__proto__`. */
const Attributes = z
  .custom<object>(value => typeof value === 'object' && value !== null && !Array.isArray(value))
  .transform(Object.entries)
  .pipe(z.array(z.tuple([z.string(), z.lazy(() => AttributeSchema)])))
  .transform((entries): Item => Object.fromEntries(entries));

const AttributeSchema: z.ZodType<Attribute> = z.union([
  z.strictObject({ S: z.string() }),
  z.strictObject({ N: z.string().min(1) }),
  z.strictObject({ BOOL: z.boolean() }),
  z.strictObject({ NULL: z.literal(true) }),
  z.strictObject({ M: Attributes }),
  z.strictObject({ L: z.array(z.lazy(() => AttributeSchema)) }),
  z.strictObject({ SS: z.array(z.string()).min(1) }),
  z.strictObject({ NS: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ B: Binary }),
  z.strictObject({ BS: z.array(Binary).min(1) }),
]);

const StudentItemSchema = Attributes.refine((item): item is StudentItem => {
  const { studentid } = item;
  return studentid !== undefined && 'S' in studentid && studentid.S !== '';
});

/**
 * Reads a line that `toLine` wrote.
 *
 * @throws Error if the line is not an item with a string `studentid`
 */
export function fromLine(line: string): StudentItem {
  return StudentItemSchema.parse(JSON.parse(line));
}
