import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { UnknownRefreshError } from '../../errors.ts';
import type { OpenRefreshes } from '../../refresh/collect.ts';
import type { ClosingRefreshes } from '../../refresh/invalidate.ts';
import { type Change, type Changes, HISTORY_DAYS, type Refresh } from '../../refresh/refresh.ts';
import type { RefreshEnd, ReportedRefreshes } from '../../refresh/report.ts';
import type { VerifiedRefreshes } from '../../refresh/verify-edge.ts';
import { untilProcessed, whileThrottled } from '../batches.ts';
import { unlessConditionFails } from '../conditional-write.ts';
import { planWrites, type UpdateRecord } from './refresh-plans.ts';

/*
 * One table, partition key `pk`, sort key `sk`:
 *   open      / <distribution id>      the pointer: id of the open refresh
 *   <refresh> / refresh                the record, which names its distribution
 *   <refresh> / change#<hash>#<seq>    one S3 event: an append-only log, so that neither order nor repetition matters
 *   <refresh> / path#<hash>            one path asked for by hand
 * and, of edge-records.ts, path-use.ts and manual-allowance.ts,
 *   edge#<distribution id>#<hash> / edge   what is known of one key at the edge
 *   paths#<month> / <caller reference>     paths that one invalidation used
 *   manual#<day> / <distribution id>       paths that were asked for by hand through the API
 * Keys and paths are hashed because a sort key ends at 1,024 bytes and an object key may be as long.
 */
const RECORD = 'refresh';
const CHANGE = 'change#';
const PATH = 'path#';

/** BatchWriteItem takes so many items. */
const BATCH_SIZE = 25;

type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

interface RefreshTable extends ClosingRefreshes, VerifiedRefreshes, ReportedRefreshes {
  /** The open refresh of a distribution: each has one. */
  openOf(distributionId: string): OpenRefreshes;
}

export interface RefreshTableOptions {
  readonly tableName: string;
  readonly client?: DynamoDBClient;
  readonly now?: () => Date;
}

/** The refreshes of every distribution, in DynamoDB. All reads are strongly consistent: the protocol rests on it. */
export function createRefreshTable({
  tableName: TableName,
  client = new DynamoDBClient({}),
  now = () => new Date(),
}: RefreshTableOptions): RefreshTable {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const expiresAt = () => Math.floor(now().getTime() / 1000) + HISTORY_DAYS * 86_400;

  const read = async (key: { pk: string; sk: string }) =>
    (await documents.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))).Item;

  const update: UpdateRecord = (refreshId, input) =>
    unlessConditionFails(async () => {
      const command = new UpdateCommand({
        TableName,
        Key: { pk: refreshId, sk: RECORD },
        ReturnValues: 'ALL_NEW',
        ...input,
      });
      return (await documents.send(command)).Attributes;
    });

  const get = async (refreshId: string) => {
    const item = await read({ pk: refreshId, sk: RECORD });
    return item === undefined ? undefined : toRefresh(item);
  };

  const write = async (requests: readonly WriteRequest[]) => {
    const command = new BatchWriteCommand({ RequestItems: { [TableName]: [...requests] } });
    return (await documents.send(command)).UnprocessedItems?.[TableName];
  };

  const addChanges = async (refreshId: string, changes: Changes) => {
    const expires = { expiresAt: expiresAt() };
    const items = [
      ...changes.objects.map(change => ({
        sk: `${CHANGE}${hash(change.key)}#${change.sequencer}`,
        ...change,
      })),
      ...changes.paths.map(path => ({ sk: `${PATH}${hash(path)}`, path })),
    ];
    const unique = new Map(items.map(item => [item.sk, { pk: refreshId, ...item, ...expires }]));
    const requests = [...unique.values()].map(Item => ({ PutRequest: { Item } }));
    await untilProcessed<WriteRequest>(requests, BATCH_SIZE, write);
  };

  const changesOf = async (refreshId: string) => {
    const objects: Change[] = [];
    const paths: string[] = [];
    const pages = paginateQuery(
      { client: documents },
      {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': refreshId },
      },
    );
    for await (const { Items = [] } of pages) {
      for (const item of Items) {
        if (item['sk'].startsWith(CHANGE)) objects.push(toChange(item));
        else if (item['sk'].startsWith(PATH)) paths.push(item['path']);
      }
    }
    return { objects, paths } satisfies Changes;
  };

  /** Keeps a refresh that is not open from opening again, so that the pointer never leaves an open one. */
  const supersede = (refreshId: string) =>
    update(refreshId, {
      UpdateExpression: 'SET superseded = :true',
      ConditionExpression: 'attribute_exists(pk) AND #state <> :open',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':true': true, ':open': 'open' },
    });

  /** Only a refresh that is still open; the one after it inherits its changes. */
  const abandon = async (refreshId: string, failure: string) => {
    const abandoned = await update(refreshId, {
      UpdateExpression: 'SET #state = :failed, failure = :failure, finishedAt = :now, abandoned = :true',
      ConditionExpression: '#state = :open',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':failed': 'failed',
        ':open': 'open',
        ':failure': failure,
        ':now': now().toISOString(),
        ':true': true,
      },
    });
    return abandoned !== undefined;
  };

  /** Supersedes a refresh; its successor inherits what was abandoned. False when it was opened again. */
  const handOver = async (refreshId: string, successor: string) => {
    const superseded = await supersede(refreshId);
    // Unless it has expired.
    if (superseded === undefined && (await get(refreshId)) !== undefined) return false;
    if (superseded?.['abandoned']) await addChanges(successor, await changesOf(refreshId));
    return true;
  };

  const commit = async (refreshId: string) => {
    // The record lies in the partition that takes everybody's changes.
    const committed = await whileThrottled(() =>
      update(refreshId, {
        UpdateExpression: 'ADD generation :one',
        ConditionExpression: '#state = :open',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':one': 1, ':open': 'open' },
      }),
    );
    return committed !== undefined;
  };

  const openOf = (distributionId: string): OpenRefreshes => {
    const pointer = { pk: 'open', sk: distributionId };
    const current = async () => (await read(pointer))?.['refreshId'] as string | undefined;

    /** False when it does not name `previous` any more. */
    const movePointer = async (previous: string | undefined, refreshId: string) => {
      const condition =
        previous === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'refreshId = :previous',
              ExpressionAttributeValues: { ':previous': previous },
            };
      const command = new PutCommand({ TableName, Item: { ...pointer, refreshId }, ...condition });
      return (await unlessConditionFails(() => documents.send(command))) !== undefined;
    };

    return {
      current,
      isOpen: async refreshId => (await get(refreshId))?.state === 'open',
      addChanges,
      commit,
      abandon: refreshId =>
        abandon(refreshId, 'Its execution was stopped before it closed the refresh: the next one takes over'),

      async replace(previous, refreshId) {
        const record = {
          distributionId,
          state: 'open',
          generation: 0,
          startedAt: now().toISOString(),
          expiresAt: expiresAt(),
        };
        // The record first: a pointer must never name a refresh that does not exist, nor leave changes behind.
        await documents.send(new PutCommand({ TableName, Item: { pk: refreshId, sk: RECORD, ...record } }));
        if (previous !== undefined && !(await handOver(previous, refreshId))) return previous;
        return (await movePointer(previous, refreshId)) ? refreshId : ((await current()) ?? refreshId);
      },
    };
  };

  return {
    openOf,
    ...planWrites(update, now),
    get,
    changesOf,

    async close(refreshId, generation) {
      const closed = await update(refreshId, {
        UpdateExpression: 'SET #state = :closed, closedAt = :now',
        ConditionExpression: `#state = :open${generation === undefined ? '' : ' AND generation = :generation'}`,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':closed': 'closed',
          ':open': 'open',
          ':now': now().toISOString(),
          ':generation': generation,
        },
      });
      return closed !== undefined;
    },

    async recordVerifying(refreshId) {
      await update(refreshId, {
        UpdateExpression: 'SET #state = :state, verifyingAt = :at',
        ConditionExpression: '#state <> :state AND attribute_not_exists(finishedAt)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': 'verifying', ':at': now().toISOString() },
      });
    },

    async recordVerification(refreshId, verification) {
      await update(refreshId, {
        UpdateExpression: 'SET verification = :verification, verifiedAt = :at',
        ExpressionAttributeValues: { ':verification': verification, ':at': now().toISOString() },
      });
    },

    async finish(refreshId, { state, failure }: RefreshEnd, at) {
      if (state === 'failed') await abandon(refreshId, failure ?? 'It failed before it closed');
      const finished = await update(refreshId, {
        UpdateExpression: `SET #state = :state, finishedAt = :at${failure === undefined ? '' : ', failure = :failure'}`,
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(finishedAt)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': state, ':at': at.toISOString(), ':failure': failure },
      });
      const refresh = finished === undefined ? await get(refreshId) : toRefresh(finished);
      if (refresh === undefined) throw new UnknownRefreshError(refreshId);
      return refresh;
    },
  };
}

/** Items of this table are written here alone, so their shape is known. */
function toRefresh({ pk, ...item }: Record<string, unknown>): Refresh {
  return { ...item, id: pk } as unknown as Refresh;
}

function toChange({ key, removed, eventTime, sequencer, eTag }: Record<string, unknown>): Change {
  return { key, removed, eventTime, sequencer, ...(eTag === undefined ? {} : { eTag }) } as Change;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
