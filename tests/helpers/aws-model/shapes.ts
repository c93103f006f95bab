import { NormalizedSchema } from '@smithy/core/schema';

/** A type of AWS's model, as far as an answer can break it. */
export type Shape = Scalar | List | Dictionary | Structure;

export interface Scalar {
  readonly kind: 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' | 'document';
  /** Of a string: the values that it may have. @default any */
  readonly values?: ReadonlySet<string>;
  /** Of a timestamp. @default as its protocol has it */
  readonly format?: TimestampFormat;
}

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

export interface List {
  readonly kind: 'list';
  readonly item: Member;
}

export interface Dictionary {
  readonly kind: 'map';
  readonly key: Member;
  readonly value: Member;
}

export interface Structure {
  readonly kind: 'structure';
  readonly name: string;
  /** The name of its element, where it is the root of a document in XML. */
  readonly root: string;
  /** A union has exactly one of its members. */
  readonly isUnion: boolean;
  /** Read when needed: structures may hold themselves. */
  members(): readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly isRequired: boolean;
  /** Where HTTP carries it, and what JSON and XML call it. */
  readonly traits: Traits;
}

export interface Traits {
  readonly httpHeader?: string;
  readonly httpQuery?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
  readonly jsonName?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
  readonly xmlAttribute?: unknown;
}

/**
 * The values that strings of a member may have: those of a list or a map, if it is one. The SDK's
 * schemas leave them out.
 */
export type Enums = (structure: string, member: string) => MemberEnums;

export interface MemberEnums {
  readonly values?: ReadonlySet<string> | undefined;
  /** Of the keys of a map. */
  readonly keys?: ReadonlySet<string> | undefined;
}

/** Turns a schema of an SDK's client into a shape, or the one that it became before. */
export function createShapes(enums: Enums): (schema: SchemaRef) => Shape {
  const structures = new Map<unknown, Structure>();

  function shapeOf(schema: NormalizedSchema, allowed: MemberEnums): Shape {
    if (schema.isStructSchema()) return structureOf(schema);
    if (schema.isListSchema())
      return { kind: 'list', item: memberOf(schema.getValueSchema(), 'member', allowed) };
    if (schema.isMapSchema()) {
      const key = memberOf(schema.getKeySchema(), 'key', { values: allowed.keys });
      return { kind: 'map', key, value: memberOf(schema.getValueSchema(), 'value', allowed) };
    }
    return scalarOf(schema, allowed);
  }

  function structureOf(schema: NormalizedSchema): Structure {
    const known = structures.get(schema.getSchema());
    if (known !== undefined) return known;
    const name = schema.getName() ?? '';
    let members: readonly Member[] | undefined;
    const structure: Structure = {
      kind: 'structure',
      name,
      root: (schema.getOwnTraits() as Traits).xmlName ?? name,
      isUnion: schema.isUnionSchema(),
      members() {
        members ??= [...schema.structIterator()].map(([member, ofMember], index) =>
          memberOf(ofMember, member, enums(name, member), index < requiredCount(schema)),
        );
        return members;
      },
    };
    structures.set(schema.getSchema(), structure);
    return structure;
  }

  function memberOf(
    schema: NormalizedSchema,
    name: string,
    allowed: MemberEnums,
    isRequired = false,
  ): Member {
    // Those of its type apply as well, but for the name of the type's own document.
    const { xmlName: _, ...ofType } = schema.getOwnTraits() as Traits;
    const traits = { ...ofType, ...(schema.getMemberTraits() as Traits) };
    return { name, shape: shapeOf(schema, allowed), isRequired, traits };
  }

  return ref => shapeOf(NormalizedSchema.of(ref), {});
}

export type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/** The required members come first; their number follows the members. */
function requiredCount(schema: NormalizedSchema): number {
  const [, , , , , , count = 0] = schema.getSchema() as readonly unknown[];
  return Number(count);
}

function scalarOf(schema: NormalizedSchema, { values }: MemberEnums): Scalar {
  if (schema.isTimestampSchema()) {
    const format = TIMESTAMP_FORMATS[Number(schema.getSchema())];
    return { kind: 'timestamp', ...(format === undefined ? {} : { format }) };
  }
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema())
    return { kind: 'number' };
  if (schema.isBlobSchema()) return { kind: 'blob' };
  if (schema.isStringSchema()) return { kind: 'string', ...(values === undefined ? {} : { values }) };
  return { kind: 'document' };
}

const TIMESTAMP_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
};
