import { NULLS } from './beside-the-model.ts';
import type { Entries, Format } from './formats.ts';
import type { Dictionary, List, Member, Scalar, Structure } from './shapes.ts';

/** Takes a violation of the model. @param path of the member, such as `Contents[0].Size` */
export type Report = (path: string, problem: string) => void;

/** Holds values of a format to the model, to their leaves. */
export class ValueCheck {
  readonly #format: Format;
  readonly #report: Report;

  constructor(format: Format, report: Report) {
    this.#format = format;
    this.#report = report;
  }

  /** @param members those of the shape that are expected here: HTTP carries others elsewhere */
  structure(
    value: unknown,
    shape: Structure,
    path: string,
    members: readonly Member[] = shape.members(),
  ): void {
    const found = this.#format.structure(value);
    if (found === undefined) {
      this.#report(path, `is not a structure but ${shown(value)}`);
      return;
    }
    const byName = namedIn(this.#format, members);
    for (const [name, held] of found) {
      const member = byName.get(name);
      if (member === undefined) this.#report(below(path, name), `is not a member of ${shape.name}`);
      else if (!isKnownNull(held, shape, member)) this.member(held, member, below(path, name));
    }
    this.#presence(found, shape, byName, path);
  }

  #presence(
    found: ReadonlyMap<string, unknown>,
    shape: Structure,
    byName: ReadonlyMap<string, Member>,
    path: string,
  ): void {
    for (const [name, member] of byName)
      if (member.isRequired && !found.has(name) && !this.#format.isLeftOutEmpty(member))
        this.#report(below(path, name), 'is missing, and required');
    if (shape.isUnion && found.size !== 1)
      this.#report(path, `has ${found.size} members of the union ${shape.name}, not one`);
  }

  member(value: unknown, member: Member, path: string): void {
    const { shape } = member;
    if (shape.kind === 'structure') this.structure(value, shape, path);
    else if (shape.kind === 'list')
      this.#list(this.#format.list(value, member, shape.item), value, shape, path);
    else if (shape.kind === 'map') this.#map(this.#format.map(value, member, shape), value, shape, path);
    else this.#scalar(value, shape, path);
  }

  #list(items: readonly unknown[] | undefined, value: unknown, { item }: List, path: string): void {
    if (items === undefined) this.#report(path, `is not a list but ${shown(value)}`);
    for (const [index, each] of items?.entries() ?? []) this.member(each, item, `${path}[${index}]`);
  }

  #map(entries: Entries | undefined, value: unknown, shape: Dictionary, path: string): void {
    if (entries === undefined) this.#report(path, `is not a map but ${shown(value)}`);
    for (const [key, each] of entries ?? []) {
      const ofEntry = `${path}[${shown(key)}]`;
      this.member(key, shape.key, `${ofEntry} as a key`);
      this.member(each, shape.value, ofEntry);
    }
  }

  #scalar(value: unknown, scalar: Scalar, path: string): void {
    if (!this.#format.isScalar(value, scalar))
      this.#report(path, `is not a ${typeName(scalar)} but ${shown(value)}`);
    else if (scalar.values?.has(this.#format.text(value)) === false)
      this.#report(path, `is ${shown(value)}, not one of ${[...scalar.values].join(', ')}`);
  }
}

function isKnownNull(value: unknown, structure: Structure, member: Member): boolean {
  return value === null && NULLS.has(`${structure.name}.${member.name}`);
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
