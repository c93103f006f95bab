import { randomUUID } from 'node:crypto';
import type { DurableMap, DurableStore } from '../../kernel/durable-map.ts';
import type { Deployments } from '../../kernel/service.ts';
import { type LoadedStack, stackIdOf } from '../../template/template.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What a change set asks for. */
export interface Wanted {
  /** JSON. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
}

/** What a stack is made of. */
export interface Content extends Wanted {
  /** The file or folder behind each object key of the template's assets. */
  readonly assets: Readonly<Record<string, string>>;
}

export interface ChangeSet {
  readonly name: string;
  readonly id: string;
  readonly createdAt: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly wanted: Wanted;
  /** Why there is nothing to execute. */
  readonly failure?: string;
}

/** As DescribeStackEvents tells it. */
export interface StackEvent {
  readonly EventId: string;
  readonly StackId: string;
  readonly StackName: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
  readonly Timestamp: string;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
}

/** A stack that a change set has made, or is to make. */
export interface StackRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly status: string;
  readonly statusReason?: string;
  /** Absent until it is deployed, and again once it is removed. */
  readonly content?: Content;
  readonly tags: readonly Tag[];
  readonly changeSets: readonly ChangeSet[];
  /** Oldest first. */
  readonly events: readonly StackEvent[];
}

/** Of a stack that was removed: only its id finds it. */
export const DELETED = 'DELETE_COMPLETE';

export interface StackRecords {
  /** By name or id. A name finds no stack that was removed. */
  find(name: string): StackRecord | undefined;
  /** Those that were not removed. */
  all(): readonly StackRecord[];
  /** A stack without resources, for a change set that is to create it. */
  open(name: string): StackRecord;
  replace(record: StackRecord): void;
  /** Changes a record, and returns what it has become. @param id of a record that there is */
  change(id: string, changes: Partial<StackRecord>): StackRecord;
}

export function createStackRecords(store: DurableStore): StackRecords {
  const records = mapIn(store);
  const all = () => records.values().filter(({ status }) => status !== DELETED);
  const save = (record: StackRecord) => {
    records.set(record.id, record);
    return record;
  };
  return {
    all,
    find: name => records.get(name) ?? all().find(record => record.name === name),
    replace: record => void save(record),
    open: name =>
      save({
        id: stackIdOf(name, randomUUID()),
        name,
        createdAt: new Date().toISOString(),
        status: 'REVIEW_IN_PROGRESS',
        tags: [],
        changeSets: [],
        events: [],
      }),
    change(id, changes) {
      const known = records.get(id);
      if (known === undefined) throw new Error(`There is no record of ${id}`);
      return save({ ...known, ...changes });
    },
  };
}

const mapIn = (store: DurableStore): DurableMap<StackRecord> => store.map('cloudformation-stacks');

/** The stacks that change sets made before the local cloud was started. */
export function keptStacks(store: DurableStore, resolve: Deployments['resolve']): LoadedStack[] {
  return mapIn(store)
    .values()
    .flatMap(({ name, id, content }) =>
      content === undefined ? [] : resolved({ name, id }, content, resolve),
    );
}

export function resolved(
  { name, id }: Pick<StackRecord, 'name' | 'id'>,
  { template, parameters, assets }: Content,
  resolve: Deployments['resolve'],
): LoadedStack {
  const options = { stackName: name, stackId: id, parameters, assets: new Map(Object.entries(assets)) };
  return resolve(template, options);
}
