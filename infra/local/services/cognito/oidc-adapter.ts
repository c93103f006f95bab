import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { DurableStore } from '../../kernel/durable-map.ts';

interface Kept {
  readonly key: string;
  readonly poolId: string;
  readonly model: string;
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAt?: number;
}

const now = () => Date.now();
const isLive = ({ expiresAt }: Kept) => expiresAt === undefined || expiresAt > now();

export interface OidcState {
  adapterOf(model: string): Adapter;
  /** Ends what a user's tokens stand on. With sessions, the browser's session, too. */
  forget(accountId: string, what: 'tokens' | 'tokens and sessions'): void;
}

/** Sessions, grants, codes and tokens of one pool. They are kept, and so outlive a restart. */
export function createOidcState(poolId: string, store: DurableStore): OidcState {
  const stored = store.map<Kept>('cognito-oidc');
  const ofPool = () => stored.values().filter(each => each.poolId === poolId);
  // What has expired is dropped at the start: the store has no time to live.
  for (const kept of ofPool()) if (!isLive(kept)) stored.delete(kept.key);

  const adapterOf = (model: string): Adapter => {
    const keyOf = (id: string) => `${poolId}/${model}/${id}`;
    const findWhere = async (matches: (payload: AdapterPayload) => boolean) =>
      ofPool().find(kept => kept.model === model && isLive(kept) && matches(kept.payload))?.payload;
    return {
      async upsert(id, payload, expiresIn) {
        const expiry = expiresIn ? { expiresAt: now() + expiresIn * 1000 } : {};
        stored.set(keyOf(id), { key: keyOf(id), poolId, model, payload, ...expiry });
      },
      async find(id) {
        const kept = stored.get(keyOf(id));
        return kept !== undefined && isLive(kept) ? kept.payload : undefined;
      },
      findByUid: uid => findWhere(payload => payload.uid === uid),
      findByUserCode: userCode => findWhere(payload => payload.userCode === userCode),
      async consume(id) {
        const kept = stored.get(keyOf(id));
        if (kept === undefined) return;
        const consumed = Math.floor(now() / 1000);
        stored.set(keyOf(id), { ...kept, payload: { ...kept.payload, consumed } });
      },
      async destroy(id) {
        stored.delete(keyOf(id));
      },
      async revokeByGrantId(grantId) {
        for (const { key, payload } of ofPool()) if (payload.grantId === grantId) stored.delete(key);
      },
    };
  };
  return {
    adapterOf,
    forget(accountId, what) {
      for (const { key, model, payload } of ofPool())
        if (payload.accountId === accountId && (model !== 'Session' || what === 'tokens and sessions'))
          stored.delete(key);
    },
  };
}
