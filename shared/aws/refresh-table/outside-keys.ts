import { MAX_OUTSIDE_LISTED, OutsideKeys, type OutsideLog } from '../../refresh/outside-keys.ts';
import { expiryOf, type ItemKey, readItem, type Table, updateItem } from './table.ts';

const KEPT_DAYS = 2;
const ONE_DAY_MS = 86_400_000;

/** One item a day. */
export function outsideKeys(table: Table): OutsideLog {
  const today = () => table.now().getTime();
  return {
    async note(keys) {
      if (keys.length === 0) return;
      await updateItem(table, keyOf(today()), {
        UpdateExpression: 'ADD #count :count SET #keys = if_not_exists(#keys, :keys), expiresAt = :expiresAt',
        ExpressionAttributeNames: { '#count': 'count', '#keys': 'keys' },
        ExpressionAttributeValues: {
          ':count': keys.length,
          ':keys': [...new Set(keys)].slice(0, MAX_OUTSIDE_LISTED),
          ':expiresAt': expiryOf(table, KEPT_DAYS),
        },
      });
    },

    async recent() {
      const items = await Promise.all(
        [today(), today() - ONE_DAY_MS].map(day => readItem(table, keyOf(day))),
      );
      const [first, ...others] = items.flatMap(item => (item === undefined ? [] : OutsideKeys.parse(item)));
      if (first === undefined) return undefined;
      return {
        count: others.reduce((sum, { count }) => sum + count, first.count),
        keys: [...new Set([first, ...others].flatMap(({ keys }) => keys))].slice(0, MAX_OUTSIDE_LISTED),
      };
    },
  };
}

const keyOf = (day: number): ItemKey => ({ pk: 'outside', sk: new Date(day).toISOString().slice(0, 10) });
