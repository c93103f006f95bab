/**
 * A value as DynamoDB types it. Numbers stay strings: DynamoDB's have 38 digits, JavaScript's 15.
 */
export type Attribute =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { BOOL: boolean }
  | { NULL: true }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: Uint8Array[] }
  | { L: Attribute[] }
  | { M: Record<string, Attribute> };

export type Item = Record<string, Attribute>;

/** A student as stored. Only its key is required; it may have any other attributes. */
export type StudentItem = Item & { studentid: { S: string } };

/**
 * One line of NDJSON in DynamoDB's own JSON, with binaries in Base64. Equal items have equal lines:
 * to DynamoDB the order of attributes and of a set's members means nothing, so both are sorted.
 */
export function toLine(item: Item): string {
  return `${JSON.stringify(attributesToJson(item))}\n`;
}

function attributesToJson(attributes: Record<string, Attribute>): Record<string, unknown> {
  // The SDK hides an attribute named `__proto__` from Object.keys.
  const names = Object.getOwnPropertyNames(attributes).sort(byCodeUnits);
  return Object.fromEntries(names.map(name => [name, toJson(attributes[name])]));
}

function toJson(attribute: Attribute | undefined): unknown {
  if (attribute === undefined) throw new TypeError('An attribute without a value');
  if ('S' in attribute || 'N' in attribute || 'BOOL' in attribute || 'NULL' in attribute) return attribute;
  if ('M' in attribute) return { M: attributesToJson(attribute.M) };
  if ('L' in attribute) return { L: attribute.L.map(toJson) };
  if ('SS' in attribute) return { SS: attribute.SS.toSorted(byCodeUnits) };
  if ('NS' in attribute) return { NS: attribute.NS.toSorted(byCodeUnits) };
  if ('B' in attribute) return { B: base64(attribute.B) };
  if ('BS' in attribute) return { BS: attribute.BS.map(base64).sort(byCodeUnits) };
  throw new TypeError(`An attribute of an unknown type: ${Object.keys(attribute)}`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
