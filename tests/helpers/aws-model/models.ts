import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unlistedValues } from './beside-the-model.ts';
import { createShapes, type MemberEnums, type SchemaRef, type Structure } from './shapes.ts';

/** AWS's model of one service, as its SDK client carries it. */
export interface Model {
  /** Of the client's package, such as `client-s3`. */
  readonly client: string;
  readonly operations: readonly Operation[];
  readonly errors: readonly ErrorShape[];
  /** The errors that the model lists for an operation. */
  errorsOf(operation: string): ReadonlySet<string>;
}

export interface Operation {
  readonly name: string;
  /** REST protocols only. */
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number };
  readonly input: Structure;
  readonly output: Structure;
}

export interface ErrorShape {
  readonly shape: Structure;
  readonly status: number;
  /** Its code and status in the Query protocol. */
  readonly query: { readonly code: string; readonly status: number };
}

const loaded = new Map<string, Promise<Model>>();

/** @param client name of an installed package, such as `client-s3` */
export function loadModel(client: string): Promise<Model> {
  const known = loaded.get(client) ?? load(client);
  loaded.set(client, known);
  return known;
}

type Exports = Readonly<Record<string, unknown>>;

async function load(client: string): Promise<Model> {
  const exports: Exports = await import(`@aws-sdk/${client}`);
  const types = openTypes(client);
  const shapeOf = createShapes((structure, member) => {
    const { keys, values } = enumsIn(types.memberType(structure, member), exports);
    return { keys, values: values?.union(new Set(unlistedValues(structure, member))) };
  });
  const structureOf: StructureOf = schema => {
    const shape = schema === undefined ? NOTHING : shapeOf(schema);
    return shape.kind === 'structure' ? shape : NOTHING;
  };
  const schemas = Object.values(exports).filter(isSchema);
  const thrown = new Map<string, ReadonlySet<string>>();
  return {
    client,
    operations: schemas.filter(([kind]) => kind === OPERATION).map(each => operationOf(each, structureOf)),
    errors: schemas.filter(([kind]) => kind === ERROR).map(each => errorOf(each, structureOf)),
    errorsOf(operation) {
      const errors = thrown.get(operation) ?? types.errorsOf(operation);
      thrown.set(operation, errors);
      return errors;
    },
  };
}

const OPERATION = 9;
const ERROR = -3;

/** An operation or an error in a client. It ends in the schemas of what it is made of. */
type Schema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...SchemaRef[]];

function isSchema(value: unknown): value is Schema {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[2] === 'string';
}

type StructureOf = (schema: SchemaRef | undefined) => Structure;

/** What operations without input or output have. */
const NOTHING: Structure = {
  kind: 'structure',
  name: 'Unit',
  root: 'Unit',
  isUnion: false,
  members: () => [],
};

function operationOf([, , name, traits, input, output]: Schema, structureOf: StructureOf): Operation {
  const { http } = Object(traits) as { http?: readonly [string, string, number] };
  const [method, uri, status] = http ?? [];
  const isRest = method !== undefined && uri !== undefined && status !== undefined;
  return {
    name,
    ...(isRest ? { http: { method, uri, status } } : {}),
    input: structureOf(input),
    output: structureOf(output),
  };
}

function errorOf(schema: Schema, structureOf: StructureOf): ErrorShape {
  const [, , name, traits] = schema;
  const { error, httpError, awsQueryError } = Object(traits) as ErrorTraits;
  const shape = structureOf(schema as unknown as SchemaRef);
  const status = httpError ?? (error === 'server' ? 500 : 400);
  const [code = name, queryStatus = status] = awsQueryError ?? [];
  return { shape, status, query: { code, status: queryStatus } };
}

interface ErrorTraits {
  readonly error?: 'client' | 'server';
  readonly httpError?: number;
  readonly awsQueryError?: readonly [code: string, status: number];
}

/**
 * The client's type declarations. They say what its schemas leave out: enums, and which operation
 * throws which error.
 */
function openTypes(client: string) {
  const folder = join(dirname(fileURLToPath(import.meta.resolve(`@aws-sdk/${client}`))), '../dist-types');
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  const files = readdirSync(join(folder, 'models')).filter(file =>
    /^(?:models_\d+|errors)\.d\.ts$/.test(file),
  );
  const models = files.map(file => read('models', file)).join('\n');
  const declarations = new Map(
    [...models.matchAll(/^export (?:interface|declare class) (\w+) /gm)].map(match => [
      match[1],
      match.index,
    ]),
  );
  const known = new Map<string, ReadonlyMap<string, string>>();

  function membersOf(structure: string): ReadonlyMap<string, string> {
    const start = declarations.get(structure);
    const text = start === undefined ? '' : models.slice(start, models.indexOf('\n}', start));
    return new Map(
      [...text.matchAll(/^ {4}(\w+)\??: (.*);$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
  }

  return {
    /** The TypeScript type of a structure's member; empty if there is none. */
    memberType(structure: string, member: string): string {
      const members = known.get(structure) ?? membersOf(structure);
      known.set(structure, members);
      return members.get(member) ?? '';
    },

    errorsOf(operation: string): ReadonlySet<string> {
      const text = read('commands', `${operation}Command.d.ts`);
      return new Set([...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, name = '']) => name));
    },
  };
}

/** The enums that a member's type names. Its client exports each of them as an object. */
function enumsIn(type: string, exports: Exports): MemberEnums {
  const [, keys = '', values = ''] = /Record<(\w+), ([^>]+)>/.exec(type) ?? ['', '', type];
  return { keys: valuesOf(keys, exports), values: valuesOf(values, exports) };
}

function valuesOf(type: string, exports: Exports): ReadonlySet<string> | undefined {
  for (const [name] of type.matchAll(/\w+/g)) {
    const named = exports[name];
    if (typeof named === 'object' && named !== null) return new Set(Object.values(named).map(String));
  }
  return undefined;
}
