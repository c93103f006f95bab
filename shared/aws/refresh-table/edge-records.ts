import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { HISTORY_DAYS } from '../../refresh/refresh.ts';
import type { EdgeRecord, EdgeRecords, VerifiedRecords } from '../../refresh/unchanged.ts';
import { untilProcessed } from '../batches.ts';
import { toEdgeRecord } from './items.ts';
import {
  expiryOf,
  hash,
  type Item,
  type ItemKey,
  readItem,
  type Table,
  type UpdateInput,
  updateItem,
} from './table.ts';

/** The most items that one BatchGetItem takes. */
const BATCH_SIZE = 100;

/**
 * What the edge is known to serve: one item a key, each in a partition of its own. An expired
 * record costs one path: without it, the next change of its key is purged.
 */
export function edgeRecords(table: Table, distributionId: string): EdgeRecords & VerifiedRecords {
  const idOf = (key: string) => ({ pk: `edge#${distributionId}#${hash(key)}`, sk: 'edge' });
  const update = (key: string, input: UpdateInput) => updateItem(table, idOf(key), input);

  return {
    get: keys => readRecords(table, keys.map(idOf)),

    find: key => readRecord(table, idOf(key)),

    async replace(known, next) {
      const { key, sequencer, mark, mixed, verified } = next;
      const replaced = await update(key, {
        UpdateExpression: replacing(next),
        ConditionExpression: 'sequencer = :known AND verified.fingerprint = :fingerprint',
        ExpressionAttributeValues: {
          ':sequencer': sequencer,
          ':mark': mark,
          ':expiresAt': expiryOf(table, HISTORY_DAYS),
          ':mixed': mixed,
          ':verified': verified,
          ':known': known.sequencer,
          ':fingerprint': known.verified.fingerprint,
        },
      });
      return replaced !== undefined;
    },

    async mark({ key, sequencer }, mark) {
      const values = { ':mark': mark, ':expiresAt': expiryOf(table, HISTORY_DAYS) };
      const marked = await update(key, {
        UpdateExpression:
          'SET #key = :key, sequencer = :sequencer, mark = :mark, expiresAt = :expiresAt REMOVE verified, mixed',
        // As strings, sequencers are in the order of their events; see `isNewer`.
        ConditionExpression: 'attribute_not_exists(sequencer) OR sequencer <= :sequencer',
        ExpressionAttributeNames: { '#key': 'key' },
        ExpressionAttributeValues: { ...values, ':key': key, ':sequencer': sequencer },
      });
      if (marked !== undefined) return;
      await update(key, {
        UpdateExpression: 'SET mark = :mark, expiresAt = :expiresAt REMOVE verified, mixed',
        // Expired between the two updates, it is no record that could be read.
        ConditionExpression: 'attribute_exists(sequencer)',
        ExpressionAttributeValues: values,
      });
    },

    async recordVerified({ key, sequencer }, mark, verified) {
      await update(key, {
        UpdateExpression: 'SET verified = :verified',
        ConditionExpression: 'sequencer = :sequencer AND mark = :mark',
        ExpressionAttributeValues: { ':sequencer': sequencer, ':mark': mark, ':verified': verified },
      });
    },
  };
}

/** Writes what there is of these attributes, and removes the others. */
function replacing(optional: Pick<EdgeRecord, 'mixed' | 'verified'>): string {
  const names = ['mixed', 'verified'] as const;
  const present = names.filter(name => optional[name] !== undefined);
  const absent = names.filter(name => optional[name] === undefined);
  const set = present.map(name => `, ${name} = :${name}`).join('');
  const remove = absent.length === 0 ? '' : ` REMOVE ${absent.join(', ')}`;
  return `SET sequencer = :sequencer, mark = :mark, expiresAt = :expiresAt${set}${remove}`;
}

async function readRecord(table: Table, id: ItemKey): Promise<EdgeRecord | undefined> {
  const item = await readItem(table, id);
  return item === undefined ? undefined : toEdgeRecord(item);
}

async function readRecords(
  { tableName, documents }: Table,
  ids: readonly ItemKey[],
): Promise<ReadonlyMap<string, EdgeRecord>> {
  const records = new Map<string, EdgeRecord>();
  await untilProcessed<Readonly<Item>>(ids, BATCH_SIZE, async batch => {
    const RequestItems = { [tableName]: { Keys: [...batch], ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await documents.send(new BatchGetCommand({ RequestItems }));
    for (const record of (Responses?.[tableName] ?? []).map(toEdgeRecord)) records.set(record.key, record);
    return UnprocessedKeys?.[tableName]?.Keys;
  });
  return records;
}
