import fc from 'fast-check';
import type { Attribute, StudentItem } from '../../../../shared/school/backup/item-line.ts';

const text = fc.string({ unit: 'grapheme' });
const number = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('99999999999999999999999999999999999999', '1E-130', '-0.00000000000000000001', '9E125'),
);
const binary = fc.uint8Array({ maxLength: 40 });
const setOf = <Member>(member: fc.Arbitrary<Member>, selector: (member: Member) => string) =>
  fc
    .uniqueArray(member, { minLength: 1, maxLength: 5, selector })
    // DynamoDB gives no order to a set's members; sorted, two sets compare by content.
    .map(members => members.toSorted((a, b) => (selector(a) < selector(b) ? -1 : 1)));
const itself = (text: string) => text;
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const name = fc.oneof(text, fc.constantFrom('', 'length', 'constructor', '__proto__', 'S', 'M', '0'));

const { attribute } = fc.letrec<{ attribute: Attribute }>(tie => ({
  attribute: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text.map(S => ({ S })),
    number.map(N => ({ N })),
    binary.map(B => ({ B })),
    fc.boolean().map(BOOL => ({ BOOL })),
    fc.constant({ NULL: true as const }),
    setOf(text, itself).map(SS => ({ SS })),
    setOf(number, itself).map(NS => ({ NS })),
    setOf(binary, base64).map(BS => ({ BS })),
    fc.array(tie('attribute'), { maxLength: 4 }).map(L => ({ L })),
    fc.dictionary(name, tie('attribute'), { maxKeys: 4, noNullPrototype: true }).map(M => ({ M })),
  ),
}));

/** Items of every DynamoDB type, nested, with awkward names and texts. */
export const studentItem: fc.Arbitrary<StudentItem> = fc
  .tuple(fc.string({ minLength: 1 }), fc.dictionary(name, attribute, { maxKeys: 6, noNullPrototype: true }))
  .map(([id, attributes]) => ({ ...attributes, studentid: { S: id } }));

/** As a table holds them: one per id. */
export const studentItems = fc.uniqueArray(studentItem, {
  maxLength: 20,
  selector: item => item.studentid.S,
});
