import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { UndescribedDistributionError } from '../../errors.ts';
import { parsed } from '../../parsed.ts';
import { Description } from '../../sites/description.ts';
import type { KnownDistributions } from '../../sites/known-distribution.ts';
import { Told } from '../../sites/told.ts';
import { unlessConditionFails } from '../conditional-write.ts';
import { type ItemKey, readItem, type Table } from './table.ts';

const KnownItem = z.object({
  told: Told,
  description: Description,
  version: z.int(),
  pending: z.array(z.object({ what: z.string(), path: z.string() })),
  asked: z.object({ day: z.string(), count: z.int() }),
});

/** How each distribution shows the bucket: one item for each, which never expires. */
export function knownDistributions(table: Table): KnownDistributions {
  const find: KnownDistributions['find'] = async id => {
    const item = await readItem(table, keyOf(id));
    return item === undefined
      ? undefined
      : parsed(KnownItem, item, `The description of the distribution ${id}`);
  };
  return {
    find,

    async get(id) {
      const known = await find(id);
      if (known === undefined) throw new UndescribedDistributionError(id);
      return known;
    },

    async put(id, next) {
      const { tableName, documents } = table;
      const isFirst = next.version === 1;
      const command = new PutCommand({
        TableName: tableName,
        Item: { ...keyOf(id), ...next },
        ConditionExpression: isFirst ? 'attribute_not_exists(version)' : 'version = :previous',
        ...(isFirst ? {} : { ExpressionAttributeValues: { ':previous': next.version - 1 } }),
      });
      return (await unlessConditionFails(() => documents.send(command))) !== undefined;
    },
  };
}

const keyOf = (id: string): ItemKey => ({ pk: 'distribution', sk: id });
