import type { ManualAllowance } from '../../refresh/manual-request.ts';
import { expiryOf, type Table, updateItem } from './table.ts';

/** What a day's refreshes by hand used can be forgotten the day after. */
const KEPT_DAYS = 2;

/** One counter a day for each distribution. */
export function manualAllowance(table: Table, distributionId: string): ManualAllowance {
  return {
    async take(day, paths, pathsPerDay) {
      if (paths > pathsPerDay) return false;
      const taken = await updateItem(
        table,
        { pk: `manual#${day}`, sk: distributionId },
        {
          UpdateExpression: 'ADD paths :paths SET expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(paths) OR paths <= :most',
          ExpressionAttributeValues: {
            ':paths': paths,
            ':most': pathsPerDay - paths,
            ':expiresAt': expiryOf(table, KEPT_DAYS),
          },
        },
      );
      return taken !== undefined;
    },
  };
}
