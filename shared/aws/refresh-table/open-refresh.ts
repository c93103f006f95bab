import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { CollectStore } from '../../refresh/collect.ts';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import { whileThrottled } from '../batches.ts';
import { unlessConditionFails } from '../conditional-write.ts';
import { addChanges, changesOf } from './changes.ts';
import { RECORD_VERSION, toPointer, toRefresh } from './items.ts';
import { abandonRecord } from './refresh-records.ts';
import {
  expiryOf,
  type ItemKey,
  readItem,
  readRecord,
  recordKey,
  type Table,
  updateRecord,
} from './table.ts';

/**
 * The open refresh of one distribution, which a pointer names. All reads are strongly consistent:
 * the protocol rests on it.
 */
export function openRefresh(table: Table, distributionId: string): CollectStore {
  const { tableName: TableName, documents } = table;
  const pointer = { pk: 'open', sk: distributionId };

  const current = async () => {
    const item = await readItem(table, pointer);
    return item === undefined ? undefined : toPointer(item);
  };

  return {
    current,
    addChanges: (refreshId, changes) => addChanges(table, refreshId, changes),

    async isOpen(refreshId) {
      const item = await readRecord(table, refreshId);
      return item !== undefined && toRefresh(item).state === 'open';
    },

    async commit(refreshId) {
      // The record is in the partition that takes everybody's changes.
      const committed = await whileThrottled(() =>
        updateRecord(table, refreshId, {
          UpdateExpression: 'ADD generation :one',
          ConditionExpression: '#state = :open',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':one': 1, ':open': 'open' },
        }),
      );
      return committed !== undefined;
    },

    abandon: refreshId =>
      abandonRecord(
        table,
        refreshId,
        'Its execution was stopped before it closed the refresh: the next one takes over',
      ),

    async replace(previous, refreshId) {
      const record = {
        version: RECORD_VERSION,
        distributionId,
        state: 'open',
        generation: 0,
        startedAt: table.now().toISOString(),
        expiresAt: expiryOf(table, HISTORY_DAYS),
      };
      // The record first: a pointer must never name a refresh that does not exist, nor leave
      // changes behind.
      await documents.send(new PutCommand({ TableName, Item: { ...recordKey(refreshId), ...record } }));
      if (previous !== undefined && !(await handOver(table, previous, refreshId))) return previous;
      return (await movePointer(table, pointer, { from: previous, to: refreshId }))
        ? refreshId
        : ((await current()) ?? refreshId);
    },
  };
}

/** False if the pointer no longer names the refresh that it is to be moved from. */
async function movePointer(
  { tableName: TableName, documents }: Table,
  pointer: ItemKey,
  { from, to }: { readonly from: string | undefined; readonly to: string },
): Promise<boolean> {
  const condition =
    from === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'refreshId = :from', ExpressionAttributeValues: { ':from': from } };
  const command = new PutCommand({ TableName, Item: { ...pointer, refreshId: to }, ...condition });
  return (await unlessConditionFails(() => documents.send(command))) !== undefined;
}

/**
 * Supersedes a refresh; its successor inherits what was abandoned. False if the refresh has been
 * reopened.
 */
async function handOver(table: Table, refreshId: string, successor: string): Promise<boolean> {
  // Keeps a refresh that is not open from opening again, so that the pointer never leaves an open
  // one.
  const superseded = await updateRecord(table, refreshId, {
    UpdateExpression: 'SET superseded = :true',
    ConditionExpression: 'attribute_exists(pk) AND #state <> :open',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':true': true, ':open': 'open' },
  });
  // It may have expired.
  if (superseded === undefined) return (await readRecord(table, refreshId)) === undefined;
  if (toRefresh(superseded).end?.isAbandoned === true)
    await addChanges(table, successor, await changesOf(table, refreshId));
  return true;
}
