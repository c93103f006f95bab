import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { parsed } from '../../parsed.ts';
import type { HeldChanges, PauseStore } from '../../refresh/pause.ts';
import { unlessConditionFails } from '../conditional-write.ts';
import { changesOf, dropChanges, putChanges } from './changes.ts';
import { type ItemKey, readItem, type Table, updateItem } from './table.ts';

const KEY: ItemKey = { pk: 'pause', sk: 'pipeline' };

const PauseItem = z.object({
  id: z.string(),
  since: z.string(),
  by: z.string(),
  reason: z.exactOptional(z.string()),
  resumedAt: z.exactOptional(z.string()),
});

/** The pipeline's pause: one item, which never expires. */
export function pauses(table: Table): PauseStore {
  const { tableName: TableName, documents } = table;
  return {
    async current() {
      const item = await readItem(table, KEY);
      return item === undefined ? undefined : parsed(PauseItem, item, 'The pause in the refresh table');
    },

    async begin(pause) {
      const command = new PutCommand({
        TableName,
        Item: { ...KEY, ...pause },
        // A lost answer makes the SDK repeat a write that took effect.
        ConditionExpression: 'attribute_not_exists(pk) OR id = :id',
        ExpressionAttributeValues: { ':id': pause.id },
      });
      return (await unlessConditionFails(() => documents.send(command))) !== undefined;
    },

    async resumed(pauseId, at) {
      await updateItem(table, KEY, {
        UpdateExpression: 'SET resumedAt = if_not_exists(resumedAt, :at)',
        ConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':at': at.toISOString(), ':id': pauseId },
      });
    },

    async end(pauseId) {
      const command = new DeleteCommand({
        TableName,
        Key: KEY,
        ConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': pauseId },
      });
      await unlessConditionFails(() => documents.send(command));
    },
  };
}

/** What pauses hold for a distribution: a partition for each pause, of items that never expire. */
export function heldChanges(table: Table, distributionId: string): HeldChanges {
  const partitionOf = (pauseId: string) => `held#${pauseId}#${distributionId}`;
  return {
    hold: (pauseId, changes) => putChanges(table, partitionOf(pauseId), changes),
    heldBy: pauseId => changesOf(table, partitionOf(pauseId)),
    drop: (pauseId, changes) => dropChanges(table, partitionOf(pauseId), changes),
  };
}
