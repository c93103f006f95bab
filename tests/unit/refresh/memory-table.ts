import type { RefreshState } from '../../../shared/refresh/api-contract.ts';
import type { CollectStore } from '../../../shared/refresh/collect.ts';
import type { InvalidateStore } from '../../../shared/refresh/invalidate.ts';
import type { Change, Changes, QuotaWait, Refresh, StoredPlan } from '../../../shared/refresh/refresh.ts';

/** What the protocol rests on. Each can be taken away, to see what it prevents. */
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
  /** By key and sequencer: the same event twice is one. */
  readonly changes: Map<string, Change>;
}

interface MemoryTable extends CollectStore, InvalidateStore {
  /** What an execution reads to see whether uploads are quiet. */
  look(refreshId: string): Promise<{ generation: number; state: RefreshState }>;
  /** Sets up the refresh that the pointer names, with a change that it took. */
  put(refreshId: string, state: RefreshState, change?: { key: string; sequencer: string }): void;
  /** Refreshes that took changes, or take the next ones, and that nobody closed. */
  leftOpen(): string[];
}

interface MemoryTableOptions {
  /** Takes a step of the run; every request to DynamoDB is one. */
  readonly step: <T>(label: string, effect: () => T) => Promise<T>;
  readonly without: Guard | undefined;
  readonly report: (violation: string) => void;
}

/**
 * shared/aws/refresh-table in memory: the same requests in the same order, under the same
 * conditions.
 */
export function createMemoryTable({ step, without, report }: MemoryTableOptions): MemoryTable {
  const records = new Map<string, Stored>();
  let pointer: string | undefined;
  let unwritten: (() => void) | undefined;
  const has = (guard: Guard) => without !== guard;

  const create = (id: string, state: RefreshState = 'open') => {
    const record: Stored = { id, state, generation: 0, plan: undefined, plans: 0, changes: new Map() };
    records.set(id, record);
    return record;
  };

  const update = <T>(label: string, id: string, change: (record: Stored) => T) =>
    step(`${label} ${id}`, () => {
      const record = records.get(id);
      return record === undefined ? undefined : change(record);
    });

  const current = () => step('read the pointer', () => pointer);

  const get = (id: string) =>
    update('read', id, ({ state, generation, plan, plans, quota }): Refresh => {
      const optional = { ...(plan && { plan }), ...(quota && { quota }) };
      return { id, distributionId: '', state, generation, plans, startedAt: '', ...optional };
    });

  const addChanges = (id: string, { objects }: Changes) =>
    step(`write changes under ${id}`, () => {
      const write = () => {
        for (const change of objects)
          records.get(id)?.changes.set(`${change.key} ${change.sequencer}`, change);
      };
      if (has('changes are written before the commit')) write();
      else unwritten = write;
    });

  const changesOf = async (id: string): Promise<Changes> => {
    const read = await update('read the changes of', id, ({ changes }) =>
      [...changes.values()].slice(0, has('reads are strongly consistent') ? undefined : -1),
    );
    return { objects: read ?? [], paths: [] };
  };

  return {
    current,
    isOpen: async id => (await get(id))?.state === 'open',
    get,
    addChanges,
    changesOf,

    async replace(previous, next) {
      await step(`create ${next}`, () => void create(next));
      if (previous !== undefined) {
        const superseded = await update('supersede', previous, record => {
          if (!has('a refresh is superseded before the pointer leaves it')) return record;
          if (record.state === 'open') return undefined;
          record.superseded = true;
          return record;
        });
        if (superseded === undefined && (await get(previous)) !== undefined) return previous;
        if (superseded?.abandoned && has('the successor of an abandoned refresh inherits'))
          await addChanges(next, await changesOf(previous));
      }
      const moved = await step(`move the pointer to ${next}`, () => {
        if (pointer !== previous && has('the pointer moves only from the refresh it named')) return false;
        if (pointer !== undefined && records.get(pointer)?.state === 'open')
          report('the pointer left an open refresh');
        pointer = next;
        return true;
      });
      return moved ? next : ((await current()) ?? next);
    },

    async commit(id) {
      const committed = await update('commit to', id, record => {
        if (record.state !== 'open' && has('a commit needs an open refresh')) return false;
        record.generation++;
        return true;
      });
      if (unwritten !== undefined) await step('write changes late', unwritten);
      return committed ?? false;
    },

    async abandon(id) {
      const abandoned = await update('abandon', id, record => {
        if (record.state !== 'open') return false;
        Object.assign(record, { state: 'failed', abandoned: true });
        return true;
      });
      return abandoned ?? false;
    },

    async close(id, generation) {
      const closed = await update('close', id, record => {
        const isAsSeen = generation === undefined || record.generation === generation;
        if (record.state !== 'open' || !(isAsSeen || !has('closing needs the generation last seen')))
          return false;
        if (generation !== undefined && record.generation !== record.seen)
          report('a refresh closed though not quiet');
        record.state = 'closed';
        return true;
      });
      return closed ?? false;
    },

    async storePlan(id, plan, generation) {
      const stored = await update('store the plan of', id, record => {
        if (!has('a plan is stored before it is sent')) return true;
        const isCurrent = record.state !== 'open' && record.generation === generation;
        if (!(isCurrent || !has('a plan is stored in its own generation'))) return false;
        if (record.plans !== plan.number - 1) return false;
        Object.assign(record, { plan, plans: plan.number, state: 'closed' });
        return true;
      });
      return stored ?? false;
    },

    async recordInvalidation(id, _, planNumber) {
      const recorded = await update('record the invalidation of', id, record => {
        const isMissing = record.plan?.number !== planNumber && has('a plan is stored before it is sent');
        if (isMissing && has('an invalidation is recorded while its plan is there')) return false;
        record.state = 'invalidating';
        return true;
      });
      return recorded ?? false;
    },

    async reopen(id, { generation, plans, at }) {
      const drop = (record: Stored) => {
        if (record.state !== 'closed' || record.generation !== generation || record.plans !== plans)
          return false;
        const { refusedAt, refusals } = record.quota ?? { refusedAt: at.toISOString(), refusals: 0 };
        record.quota = { refusedAt, refusals: refusals + 1 };
        record.plan = undefined;
        if (has('a refusal ends the generation')) record.generation++;
        return true;
      };
      const opened = await update('reopen', id, record => {
        if (record.superseded && has('a superseded refresh stays closed')) return false;
        if (!drop(record)) return false;
        if (pointer !== id) report('a refresh opened again beside the open one');
        Object.assign(record, { state: 'open', seen: undefined });
        return true;
      });
      if (!opened) await update('drop the plan of', id, drop);
    },

    async look(id) {
      const seen = await update('look at', id, record => {
        record.seen = record.generation;
        return { generation: record.generation, state: record.state };
      });
      if (seen === undefined) throw new Error(`An execution follows ${id}, which does not exist`);
      return seen;
    },

    put(id, state, change) {
      const record = records.get(id) ?? create(id, state);
      if (change !== undefined) {
        record.changes.set(change.sequencer, { ...change, removed: false, eventTime: '' });
        record.generation++;
      }
      pointer = id;
    },

    leftOpen: () =>
      [...records.values()]
        .filter(({ id, state, generation }) => state === 'open' && (generation > 0 || id === pointer))
        .map(() => 'a refresh stayed open'),
  };
}
