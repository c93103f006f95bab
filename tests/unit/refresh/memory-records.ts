import type {
  EdgeRecord,
  EdgeRecords,
  VerifiedRecord,
  VerifiedRecords,
} from '../../../shared/refresh/unchanged.ts';

/** What skipping rests on. Each can be taken away, to see what it prevents. */
export type RecordGuard =
  | 'a purge forgets what was verified'
  | 'a purge keeps the newest event'
  | 'a purge is marked before it is made'
  | 'a skip remembers the event'
  | 'a skip remembers the version it saw'
  | 'a skip needs the record that it read'
  | 'a skip of a new version forgets the old one'
  | 'a mix of headers is remembered'
  | 'verified is only what this plan purged'
  | 'verified is only the newest event';

export interface MemoryRecords extends EdgeRecords, VerifiedRecords {
  /** The record of a key, as it is stored. */
  peek(key: string): EdgeRecord | undefined;
}

export interface MemoryRecordsOptions {
  /** Takes a step of the run; every request to DynamoDB is one. */
  readonly step: <T>(label: string, effect: () => T) => Promise<T>;
  readonly without?: RecordGuard | undefined;
}

const inOneGo: MemoryRecordsOptions['step'] = async (_, effect) => effect();

/** shared/aws/edge-records.ts in memory: the same requests under the same conditions. */
export function createMemoryRecords(
  { step, without }: MemoryRecordsOptions = { step: inOneGo },
): MemoryRecords {
  const records = new Map<string, EdgeRecord>();
  const has = (guard: RecordGuard) => without !== guard;

  return {
    peek: key => records.get(key),

    find: key => step('read a record', () => records.get(key)),

    get: keys => step('read records', () => new Map([...records].filter(([key]) => keys.includes(key)))),

    replace: (known, next) =>
      step(`skip ${next.key}`, () => {
        const isAsKnown = isSame(records.get(next.key), known);
        if (!isAsKnown && has('a skip needs the record that it read')) return false;
        const sequencer = has('a skip remembers the event') ? next.sequencer : known.sequencer;
        const verified = has(rememberingOf(next)) ? next.verified : known.verified;
        const mixed = has('a mix of headers is remembered') ? mixedIn(next) : {};
        records.set(next.key, { key: next.key, mark: next.mark, sequencer, ...mixed, ...optional(verified) });
        return true;
      }),

    mark: ({ key, sequencer }, mark) =>
      step(`mark ${key}`, () => {
        if (!has('a purge is marked before it is made')) return;
        const known = records.get(key);
        const kept = has('a purge forgets what was verified') ? undefined : known?.verified;
        const isOld = known !== undefined && known.sequencer > sequencer;
        const newest = isOld && has('a purge keeps the newest event') ? known.sequencer : sequencer;
        records.set(key, { key, mark, sequencer: newest, ...optional(kept) });
      }),

    recordVerified: ({ key, sequencer }, mark, verified) =>
      step(`record ${key}`, () => {
        const now = records.get(key) ?? { key, mark, sequencer: sequencer };
        if (now.mark !== mark && has('verified is only what this plan purged')) return;
        if (now.sequencer !== sequencer && has('verified is only the newest event')) return;
        records.set(key, { ...now, verified });
      }),
  };
}

function optional(verified: EdgeRecord['verified']): Pick<EdgeRecord, 'verified'> {
  return verified === undefined ? {} : { verified };
}

function mixedIn({ mixed }: EdgeRecord): Pick<EdgeRecord, 'mixed'> {
  return mixed === undefined ? {} : { mixed };
}

function isSame(record: EdgeRecord | undefined, known: VerifiedRecord): boolean {
  return record?.sequencer === known.sequencer && record.verified?.fingerprint === known.verified.fingerprint;
}

function rememberingOf({ verified }: EdgeRecord): RecordGuard {
  return verified === undefined
    ? 'a skip of a new version forgets the old one'
    : 'a skip remembers the version it saw';
}
