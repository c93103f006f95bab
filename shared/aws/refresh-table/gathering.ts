import * as z from 'zod/mini';
import { parsed } from '../../parsed.ts';
import { type GatheringStore, NOBODY } from '../../refresh/joint-mail.ts';
import { type ItemKey, readItem, type Table, updateItem } from './table.ts';

const KEY: ItemKey = { pk: 'mail', sk: 'deploy' };

const Ids = z.array(z.string());
const GatheringItem = z.object({
  version: z.int(),
  awaited: Ids,
  waiting: Ids,
  mails: z.record(z.string(), Ids),
});

/** Which refreshes wait to be told by one mail: one item, which never expires. */
export function gathering(table: Table): GatheringStore {
  return {
    async read() {
      const item = await readItem(table, KEY);
      if (item === undefined) return { gathering: NOBODY, version: 0 };
      const { version, ...found } = parsed(GatheringItem, item, 'Who waits in the refresh table');
      return { gathering: found, version };
    },

    async replace(version, { awaited, waiting, mails }) {
      const replaced = await updateItem(table, KEY, {
        UpdateExpression: 'SET awaited = :awaited, waiting = :waiting, mails = :mails, version = :next',
        ConditionExpression: version === 0 ? 'attribute_not_exists(version)' : 'version = :version',
        ExpressionAttributeValues: {
          ':awaited': awaited,
          ':waiting': waiting,
          ':mails': mails,
          ':next': version + 1,
          ...(version === 0 ? {} : { ':version': version }),
        },
      });
      return replaced !== undefined;
    },
  };
}
