import { XMLParser } from 'fast-xml-parser';
import type { Dictionary, Member, Scalar, TimestampFormat } from './shapes.ts';

/** How a protocol writes values. Each reading is undefined if the value is something else. */
export interface Format {
  structure(value: unknown): ReadonlyMap<string, unknown> | undefined;
  list(value: unknown, member: Member, item: Member): readonly unknown[] | undefined;
  map(value: unknown, member: Member, shape: Dictionary): Entries | undefined;
  /** What the format calls a structure's member. */
  nameOf(member: Member): string;
  /** Whether a member that is empty is not written at all. */
  isLeftOutEmpty(member: Member): boolean;
  /** Whether a value is one of this type. Enums are not its affair. */
  isScalar(value: unknown, scalar: Scalar): boolean;
  /** The string in a value that is one. */
  text(value: unknown): string;
}

export type Entries = readonly (readonly [key: unknown, value: unknown])[];

/** JSON of the REST and RPC protocols. */
export const JSON_FORMAT: Format = {
  structure: value => (isRecord(value) ? new Map(Object.entries(value)) : undefined),
  list: value => (Array.isArray(value) ? value : undefined),
  map: value => (isRecord(value) ? Object.entries(value) : undefined),
  nameOf: ({ name, traits }) => traits.jsonName ?? name,
  isLeftOutEmpty: () => false,
  text: String,
  isScalar(value, { kind, format = 'epoch-seconds' }) {
    if (kind === 'document') return true;
    if (kind === 'blob') return typeof value === 'string' && BASE64.test(value);
    if (kind !== 'timestamp') return typeof value === kind;
    if (format === 'epoch-seconds') return typeof value === 'number';
    return typeof value === 'string' && TIMESTAMPS[format].test(value);
  },
};

/** RPC v2 CBOR, decoded by the SDK's own codec: dates and bytes are values of their own. */
export const CBOR_FORMAT: Format = {
  ...JSON_FORMAT,
  nameOf: ({ name }) => name,
  isScalar(value, scalar) {
    if (scalar.kind === 'timestamp')
      return value instanceof Date || (isRecord(value) && value['tag'] === EPOCH_TAG);
    if (scalar.kind === 'blob') return value instanceof Uint8Array;
    return JSON_FORMAT.isScalar(value, scalar);
  },
};

const EPOCH_TAG = 1;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export const TIMESTAMPS: Readonly<Record<TimestampFormat, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  'http-date': /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  'epoch-seconds': /^-?\d+(?:\.\d+)?$/,
};

/** Whether a string in XML or in a header is a value of this type. */
export function isTextOf(text: string, { kind, format }: Scalar, usual: TimestampFormat): boolean {
  if (kind === 'number') return /^(?:-?\d+(?:\.\d+)?(?:[Ee][+-]?\d+)?|NaN|-?Infinity)$/.test(text);
  if (kind === 'boolean') return text === 'true' || text === 'false';
  if (kind === 'timestamp') return TIMESTAMPS[format ?? usual].test(text);
  if (kind === 'blob') return BASE64.test(text);
  return true;
}

/**
 * XML, where a member's value is the list of the elements that have its name: a flattened list may
 * have any number, everything else has one.
 */
export const XML_FORMAT: Format = {
  structure(value) {
    const element = onlyOf(value);
    return element === undefined ? undefined : childrenOf(element);
  },
  list(value, { traits }, item) {
    const elements = elementsOf(value);
    if (traits.xmlFlattened !== undefined) return elements.map(each => [each]);
    const list = onlyOf(value);
    return list === undefined ? undefined : itemsOf(list, item.traits.xmlName ?? 'member');
  },
  map(value, { traits }, { key, value: item }) {
    const isFlat = traits.xmlFlattened !== undefined;
    const map = isFlat ? '' : onlyOf(value);
    if (map === undefined) return undefined;
    const entries = isFlat ? elementsOf(value) : itemsOf(map, 'entry')?.flat();
    return entries?.map(entry => {
      const children = childrenOf(onlyOf(entry) ?? '');
      return [children.get(key.traits.xmlName ?? 'key'), children.get(item.traits.xmlName ?? 'value')];
    });
  },
  nameOf: ({ name, traits }) =>
    traits.xmlAttribute === undefined ? (traits.xmlName ?? name) : `@_${traits.xmlName ?? name}`,
  isLeftOutEmpty: ({ traits }) => traits.xmlFlattened !== undefined,
  text: value => String(onlyOf(value) ?? ''),
  isScalar(value, scalar) {
    const text = onlyOf(value);
    return typeof text === 'string' && isTextOf(text, scalar, 'date-time');
  },
};

type Element = string | Record<string, unknown>;

/**
 * Attributes are members whose names begin with `@_`. An element with attributes has its text in
 * `#text`.
 */
const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  // Keys and paths may hold any number of `&amp;`; by default the parser stops at 1,000 of them.
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 100_000_000 },
});

/** The root element's name, namespace and content. @throws Error if it is no XML */
export function parseXml(text: string): { name: string; namespace: string; content: unknown } {
  const document: unknown = parser.parse(text, true);
  const roots = Object.entries(isRecord(document) ? document : {}).filter(([name]) => name !== '?xml');
  const [[name, content] = ['', []]] = roots;
  const [root] = elementsOf(content);
  return { name, namespace: isRecord(root) ? String(root['@_xmlns'] ?? '') : '', content };
}

function elementsOf(value: unknown): readonly Element[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(each => typeof each === 'string' || isRecord(each));
}

/** The one element with a name; undefined if there are more. */
function onlyOf(value: unknown): Element | undefined {
  const elements = elementsOf(value);
  const [element] = elements;
  if (elements.length !== 1 || element === undefined) return undefined;
  return isRecord(element) && Object.keys(element).every(name => name.startsWith('@_') || name === '#text')
    ? String(elementsOf(element['#text'])[0] ?? '')
    : element;
}

/** Child elements and attributes by name; of text, none. */
function childrenOf(element: Element): ReadonlyMap<string, unknown> {
  if (typeof element === 'string') return new Map(element.trim() === '' ? [] : [['#text', element]]);
  return new Map(
    Object.entries(element).filter(
      ([name, value]) => !isFraming(name) && !(name === '#text' && isBlank(value)),
    ),
  );
}

const isFraming = (name: string) => name.startsWith('@_xmlns');
const isBlank = (value: unknown) => elementsOf(value).every(text => String(text).trim() === '');

/** The items of a list; undefined if it holds something else. */
function itemsOf(list: Element, name: string): readonly (readonly Element[])[] | undefined {
  const children = childrenOf(list);
  const others = [...children.keys()].filter(each => each !== name);
  return others.length > 0 ? undefined : elementsOf(children.get(name) ?? []).map(each => [each]);
}
