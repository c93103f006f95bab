import type { RefreshState } from '../../../shared/refresh/api-contract.ts';
import type { CollectStore } from '../../../shared/refresh/collect.ts';
import type { InvalidateStore, RefusedPlan } from '../../../shared/refresh/invalidate.ts';
import type { Change, Changes, QuotaWait, Refresh, StoredPlan } from '../../../shared/refresh/refresh.ts';

/** What the protocol rests on. A test can take each away, to see what it prevents. */
export type Guard =
  | 'a commit needs an open refresh'
  | 'closing needs the generation last seen'
  | 'changes are written before the commit'
  | 'reads are strongly consistent'
  | 'the pointer moves only from the refresh it named'
  | 'the successor of an abandoned refresh inherits'
  | 'an ended execution is noticed'
  | 'a refresh is superseded before the pointer leaves it'
  | 'a superseded refresh stays closed'
  | 'a plan is stored before it is sent'
  | 'a plan is stored in its own generation'
  | 'a refusal ends the generation'
  | 'an invalidation is recorded while its plan is there'
  | 'a caller reference finds its invalidation';

interface Stored {
  readonly id: string;
  state: RefreshState;
  generation: number;
  /** The generation at the last look of its execution since it opened. */
  seen?: number | undefined;
  abandoned?: true;
  superseded?: true;
  plan: StoredPlan | undefined;
  plans: number;
  quota?: QuotaWait;
  /** By key and sequencer: an event that comes twice counts once. */
  readonly changes: Map<string, Change>;
}

/** What an execution sees of its refresh. */
export interface Look {
  readonly generation: number;
  readonly state: RefreshState;
}

export interface MemoryTable extends CollectStore, InvalidateStore {
  /** What an execution reads to see whether uploads have stopped. */
  look(refreshId: string): Promise<Look>;
  /** Sets up the refresh that the pointer names, with a change that it took. */
  put(refreshId: string, state: RefreshState, change?: { key: string; sequencer: string }): void;
  /** A violation for each refresh that nobody closed although it has changes, or takes them. */
  leftOpen(): string[];
}

interface MemoryTableOptions {
  /** Runs one step of the model; every request to DynamoDB is one. */
  readonly step: <T>(label: string, effect: () => T) => Promise<T>;
  readonly without: Guard | undefined;
  readonly report: (violation: string) => void;
}

/**
 * shared/aws/refresh-table in memory: the same requests in the same order, under the same
 * conditions.
 */
export function createMemoryTable(options: MemoryTableOptions): MemoryTable {
  const items = new Items(options);
  return {
    current: () => pointerOf(items),
    replace: (previous, next) => replace(items, previous, next),
    isOpen: async id => (await read(items, id))?.state === 'open',
    get: id => read(items, id),
    look: id => look(items, id),
    addChanges: (id, changes) => addChanges(items, id, changes),
    changesOf: id => changesOf(items, id),
    commit: id => commit(items, id),
    abandon: id => abandon(items, id),
    close: (id, generation) => close(items, id, generation),
    storePlan: (id, plan, generation) => storePlan(items, id, plan, generation),
    recordInvalidation: (id, _, planNumber) => recordInvalidation(items, id, planNumber),
    reopen: (id, refused) => reopen(items, id, refused),
    put: (id, state, change) => put(items, id, state, change),
    leftOpen: () => leftOpen(items),
  };
}

/** What the table holds, and the two kinds of request: about one refresh, and about anything. */
class Items {
  readonly #options: MemoryTableOptions;
  readonly refreshes = new Map<string, Stored>();
  /** Id of the refresh that takes the next changes. */
  pointer: string | undefined;
  /** Writes the changes that a commit has overtaken. Only without the guard of their order. */
  writeLate: (() => void) | undefined;

  constructor(options: MemoryTableOptions) {
    this.#options = options;
  }

  has(guard: Guard): boolean {
    return this.#options.without !== guard;
  }

  report(violation: string): void {
    this.#options.report(violation);
  }

  request<T>(label: string, effect: () => T): Promise<T> {
    return this.#options.step(label, effect);
  }

  /** @returns undefined if there is no such refresh */
  requestOn<T>(id: string, label: string, effect: (refresh: Stored) => T): Promise<T | undefined> {
    return this.request(`${label} ${id}`, () => {
      const refresh = this.refreshes.get(id);
      return refresh === undefined ? undefined : effect(refresh);
    });
  }

  create(id: string, state: RefreshState = 'open'): Stored {
    const refresh: Stored = { id, state, generation: 0, plan: undefined, plans: 0, changes: new Map() };
    this.refreshes.set(id, refresh);
    return refresh;
  }
}

function pointerOf(items: Items): Promise<string | undefined> {
  return items.request('read the pointer', () => items.pointer);
}

async function replace(items: Items, previous: string | undefined, next: string): Promise<string> {
  await items.request(`create ${next}`, () => void items.create(next));
  if (previous !== undefined) {
    const superseded = await supersede(items, previous);
    if (superseded === undefined && (await read(items, previous)) !== undefined) return previous;
    if (superseded?.abandoned && items.has('the successor of an abandoned refresh inherits'))
      await addChanges(items, next, await changesOf(items, previous));
  }
  return (await movePointer(items, previous, next)) ? next : ((await pointerOf(items)) ?? next);
}

/** @returns undefined if the refresh is open, or does not exist */
function supersede(items: Items, id: string): Promise<Stored | undefined> {
  return items.requestOn(id, 'supersede', refresh => {
    if (!items.has('a refresh is superseded before the pointer leaves it')) return refresh;
    if (refresh.state === 'open') return undefined;
    refresh.superseded = true;
    return refresh;
  });
}

function movePointer(items: Items, from: string | undefined, to: string): Promise<boolean> {
  return items.request(`move the pointer to ${to}`, () => {
    const { pointer } = items;
    if (pointer !== from && items.has('the pointer moves only from the refresh it named')) return false;
    if (pointer !== undefined && items.refreshes.get(pointer)?.state === 'open')
      items.report('the pointer left an open refresh');
    items.pointer = to;
    return true;
  });
}

function read(items: Items, id: string): Promise<Refresh | undefined> {
  return items.requestOn(id, 'read', ({ state, generation, plan, plans, quota }) => {
    const optional = { ...(plan && { plan }), ...(quota && { quota }) };
    return { id, distributionId: '', state, generation, plans, startedAt: '', ...optional };
  });
}

async function look(items: Items, id: string): Promise<Look> {
  const seen = await items.requestOn(id, 'look at', refresh => {
    refresh.seen = refresh.generation;
    return { generation: refresh.generation, state: refresh.state };
  });
  if (seen === undefined) throw new Error(`An execution follows ${id}, which does not exist`);
  return seen;
}

function addChanges(items: Items, id: string, { objects }: Changes): Promise<void> {
  return items.request(`write changes under ${id}`, () => {
    const write = () => {
      for (const change of objects)
        items.refreshes.get(id)?.changes.set(`${change.key} ${change.sequencer}`, change);
    };
    if (items.has('changes are written before the commit')) write();
    else items.writeLate = write;
  });
}

async function changesOf(items: Items, id: string): Promise<Changes> {
  const objects = await items.requestOn(id, 'read the changes of', ({ changes }) =>
    [...changes.values()].slice(0, items.has('reads are strongly consistent') ? undefined : -1),
  );
  return { objects: objects ?? [], paths: [] };
}

async function commit(items: Items, id: string): Promise<boolean> {
  const committed = await items.requestOn(id, 'commit to', refresh => {
    if (refresh.state !== 'open' && items.has('a commit needs an open refresh')) return false;
    refresh.generation++;
    return true;
  });
  if (items.writeLate !== undefined) await items.request('write changes late', items.writeLate);
  return committed ?? false;
}

async function abandon(items: Items, id: string): Promise<boolean> {
  const abandoned = await items.requestOn(id, 'abandon', refresh => {
    if (refresh.state !== 'open') return false;
    Object.assign(refresh, { state: 'failed', abandoned: true });
    return true;
  });
  return abandoned ?? false;
}

async function close(items: Items, id: string, generation?: number): Promise<boolean> {
  const closed = await items.requestOn(id, 'close', refresh => {
    const isAsSeen = generation === undefined || refresh.generation === generation;
    if (refresh.state !== 'open' || !(isAsSeen || !items.has('closing needs the generation last seen')))
      return false;
    if (generation !== undefined && refresh.generation !== refresh.seen)
      items.report('a refresh closed though not quiet');
    refresh.state = 'closed';
    return true;
  });
  return closed ?? false;
}

async function storePlan(items: Items, id: string, plan: StoredPlan, generation: number): Promise<boolean> {
  const stored = await items.requestOn(id, 'store the plan of', refresh => {
    if (!items.has('a plan is stored before it is sent')) return true;
    const isCurrent = refresh.state !== 'open' && refresh.generation === generation;
    if (!(isCurrent || !items.has('a plan is stored in its own generation'))) return false;
    if (refresh.plans !== plan.number - 1) return false;
    Object.assign(refresh, { plan, plans: plan.number, state: 'closed' });
    return true;
  });
  return stored ?? false;
}

async function recordInvalidation(items: Items, id: string, planNumber: number): Promise<boolean> {
  const recorded = await items.requestOn(id, 'record the invalidation of', refresh => {
    const isMissing = refresh.plan?.number !== planNumber && items.has('a plan is stored before it is sent');
    if (isMissing && items.has('an invalidation is recorded while its plan is there')) return false;
    refresh.state = 'invalidating';
    return true;
  });
  return recorded ?? false;
}

async function reopen(items: Items, id: string, refused: RefusedPlan): Promise<void> {
  const endsGeneration = items.has('a refusal ends the generation');
  const opened = await items.requestOn(id, 'reopen', refresh => {
    if (refresh.superseded && items.has('a superseded refresh stays closed')) return false;
    if (!dropPlan(refresh, refused, endsGeneration)) return false;
    if (items.pointer !== id) items.report('a refresh opened again beside the open one');
    Object.assign(refresh, { state: 'open', seen: undefined });
    return true;
  });
  if (!opened)
    await items.requestOn(id, 'drop the plan of', refresh => dropPlan(refresh, refused, endsGeneration));
}

/** @returns false if the refresh is no longer as it was when CloudFront refused its plan */
function dropPlan(refresh: Stored, { generation, plans, at }: RefusedPlan, endsGeneration: boolean): boolean {
  if (refresh.state !== 'closed' || refresh.generation !== generation || refresh.plans !== plans)
    return false;
  const { refusedAt, refusals } = refresh.quota ?? { refusedAt: at.toISOString(), refusals: 0 };
  refresh.quota = { refusedAt, refusals: refusals + 1 };
  refresh.plan = undefined;
  if (endsGeneration) refresh.generation++;
  return true;
}

function put(items: Items, id: string, state: RefreshState, change?: { key: string; sequencer: string }) {
  const refresh = items.refreshes.get(id) ?? items.create(id, state);
  if (change !== undefined) {
    refresh.changes.set(change.sequencer, { ...change, removed: false, eventTime: '' });
    refresh.generation++;
  }
  items.pointer = id;
}

function leftOpen(items: Items): string[] {
  return [...items.refreshes.values()]
    .filter(({ id, state, generation }) => state === 'open' && (generation > 0 || id === items.pointer))
    .map(() => 'a refresh stayed open');
}
