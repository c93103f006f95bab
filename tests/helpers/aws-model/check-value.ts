import { NULLS } from './beside-the-model.ts';
import type { Entries, Format } from './formats.ts';
import type { Dictionary, List, Member, Scalar, Structure } from './shapes.ts';

/** Takes a violation of the model. @param path of the member, such as `Contents[0].Size` */
export type Report = (path: string, problem: string) => void;

/** Values of a format held to the model, to their leaves. */
export interface ValueCheck {
  /** @param members those of the shape that are expected here: HTTP carries others elsewhere */
  structure(value: unknown, shape: Structure, path: string, members?: readonly Member[]): void;
  member(value: unknown, member: Member, path: string): void;
}

export function createValueCheck(format: Format, report: Report): ValueCheck {
  function checkStructure(
    value: unknown,
    shape: Structure,
    path: string,
    members: readonly Member[] = shape.members(),
  ): void {
    const found = format.structure(value);
    if (found === undefined) {
      report(path, `is not a structure but ${shown(value)}`);
      return;
    }
    const byName = namedIn(format, members);
    for (const [name, held] of found) {
      const member = byName.get(name);
      if (member === undefined) report(below(path, name), `is not a member of ${shape.name}`);
      else if (held !== null || !NULLS.has(`${shape.name}.${name}`))
        checkMember(held, member, below(path, name));
    }
    for (const [name, { isRequired }] of byName)
      if (isRequired && !found.has(name)) report(below(path, name), 'is missing, and required');
    if (shape.isUnion && found.size !== 1)
      report(path, `has ${found.size} members of the union ${shape.name}, not one`);
  }

  function checkMember(value: unknown, member: Member, path: string): void {
    const { shape } = member;
    if (shape.kind === 'structure') checkStructure(value, shape, path);
    else if (shape.kind === 'list') checkList(format.list(value, member, shape.item), value, shape, path);
    else if (shape.kind === 'map') checkMap(format.map(value, member, shape), value, shape, path);
    else checkScalar(value, shape, path);
  }

  function checkList(
    items: readonly unknown[] | undefined,
    value: unknown,
    { item }: List,
    path: string,
  ): void {
    if (items === undefined) report(path, `is not a list but ${shown(value)}`);
    for (const [index, each] of items?.entries() ?? []) checkMember(each, item, `${path}[${index}]`);
  }

  function checkMap(entries: Entries | undefined, value: unknown, shape: Dictionary, path: string): void {
    if (entries === undefined) report(path, `is not a map but ${shown(value)}`);
    for (const [key, each] of entries ?? []) {
      const ofEntry = `${path}[${shown(key)}]`;
      checkMember(key, shape.key, `${ofEntry} as a key`);
      checkMember(each, shape.value, ofEntry);
    }
  }

  function checkScalar(value: unknown, scalar: Scalar, path: string): void {
    if (!format.isScalar(value, scalar)) report(path, `is not a ${typeName(scalar)} but ${shown(value)}`);
    else if (scalar.values?.has(format.text(value)) === false)
      report(path, `is ${shown(value)}, not one of ${[...scalar.values].join(', ')}`);
  }

  return { structure: checkStructure, member: checkMember };
}

const named = new WeakMap<Format, WeakMap<readonly Member[], ReadonlyMap<string, Member>>>();

/** Members by what a format calls them. */
function namedIn(format: Format, members: readonly Member[]): ReadonlyMap<string, Member> {
  const known = named.get(format) ?? new WeakMap<readonly Member[], ReadonlyMap<string, Member>>();
  const byName = known.get(members) ?? new Map(members.map(member => [format.nameOf(member), member]));
  named.set(format, known.set(members, byName));
  return byName;
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function typeName({ kind, format }: Scalar): string {
  return format === undefined ? kind : `${kind} (${format})`;
}

const MOST_SHOWN = 80;

function shown(value: unknown): string {
  const text = String(JSON.stringify(value));
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
