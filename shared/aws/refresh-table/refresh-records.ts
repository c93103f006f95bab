import { UnknownRefreshError } from '../../errors.ts';
import type { InvalidateStore } from '../../refresh/invalidate.ts';
import type { MailedRefreshes } from '../../refresh/joint-mail.ts';
import type { Refresh } from '../../refresh/refresh.ts';
import type { RefreshOutcome, ReportStore } from '../../refresh/report.ts';
import type { VerifyStore } from '../../refresh/verify-edge.ts';
import { changesOf } from './changes.ts';
import { storedReason, toRefresh } from './items.ts';
import { planWrites } from './plan-writes.ts';
import { type Item, readRecord, type Table, type UpdateInput, updateRecord } from './table.ts';

/** The records of refreshes, as the stages from invalidate on need them. */
export function refreshRecords(table: Table): InvalidateStore & VerifyStore & ReportStore & MailedRefreshes {
  const { now } = table;
  const update = (refreshId: string, input: UpdateInput) => updateRecord(table, refreshId, input);
  const get = async (refreshId: string) => toRefreshIfAny(await readRecord(table, refreshId));

  return {
    ...planWrites(table),
    get,
    changesOf: refreshId => changesOf(table, refreshId),

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

    finish: (refreshId, outcome, at) => finish(table, refreshId, outcome, at),

    async recordAnnounced(refreshId) {
      await update(refreshId, {
        UpdateExpression: 'SET announced = :true',
        ConditionExpression: 'attribute_exists(finishedAt)',
        ExpressionAttributeValues: { ':true': true },
      });
    },

    async recordMailed(refreshId, mailId) {
      await update(refreshId, {
        UpdateExpression: 'SET mailId = :mailId',
        ConditionExpression: 'attribute_exists(finishedAt)',
        ExpressionAttributeValues: { ':mailId': mailId },
      });
    },
  };
}

async function finish(table: Table, refreshId: string, outcome: RefreshOutcome, at: Date): Promise<Refresh> {
  if (outcome.state === 'failed') await abandonRecord(table, refreshId, outcome.failure, at);
  const reason = reasonOf(outcome);
  const finished = await updateRecord(table, refreshId, {
    UpdateExpression: `SET #state = :state, finishedAt = :at${reason === undefined ? '' : ', failure = :reason'}`,
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(finishedAt)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':state': outcome.state, ':at': at.toISOString(), ':reason': reason },
  });
  const refresh = toRefreshIfAny(finished ?? (await readRecord(table, refreshId)));
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  return refresh;
}

function reasonOf(outcome: RefreshOutcome): string | undefined {
  if (outcome.state === 'failed') return outcome.failure;
  return outcome.state === 'unasked' ? storedReason(outcome.unasked) : undefined;
}

/**
 * Ends a refresh that is still open, so that the next one inherits its changes; false if it was not
 * open.
 */
export async function abandonRecord(
  table: Table,
  refreshId: string,
  failure: string,
  at = table.now(),
): Promise<boolean> {
  const abandoned = await updateRecord(table, refreshId, {
    UpdateExpression: 'SET #state = :failed, failure = :failure, finishedAt = :now, abandoned = :true',
    ConditionExpression: '#state = :open',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':failed': 'failed',
      ':open': 'open',
      ':failure': failure,
      ':now': at.toISOString(),
      ':true': true,
    },
  });
  return abandoned !== undefined;
}

function toRefreshIfAny(item: Item | undefined): Refresh | undefined {
  return item === undefined ? undefined : toRefresh(item);
}
