import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import type { MailedReasons } from '../../refresh/report.ts';
import { expiryOf, type ItemKey, type Table, updateItem } from './table.ts';

/** Why the edge could not be asked, as it was mailed last: one item for each distribution. */
export function mailedReasons(table: Table): MailedReasons {
  return {
    async note(distributionId, reason, refreshId) {
      // A conditional write, so that of two refreshes with the same reason one gets `true`.
      const noted = await updateItem(table, keyOf(distributionId), {
        UpdateExpression: 'SET reason = :reason, refreshId = :refreshId, expiresAt = :expiresAt',
        ConditionExpression: 'attribute_not_exists(reason) OR reason <> :reason OR refreshId = :refreshId',
        ExpressionAttributeValues: {
          ':reason': reason,
          ':refreshId': refreshId,
          ':expiresAt': expiryOf(table, HISTORY_DAYS),
        },
      });
      return noted !== undefined;
    },

    async forget(distributionId) {
      await updateItem(table, keyOf(distributionId), {
        UpdateExpression: 'REMOVE reason, refreshId',
        ConditionExpression: 'attribute_exists(reason)',
      });
    },
  };
}

const keyOf = (distributionId: string): ItemKey => ({ pk: 'unasked', sk: distributionId });
