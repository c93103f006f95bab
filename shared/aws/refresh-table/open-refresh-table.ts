import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CollectStore } from '../../refresh/collect.ts';
import type { RefreshPages } from '../../refresh/history.ts';
import type { InvalidateStore } from '../../refresh/invalidate.ts';
import type { GatheringStore, MailedRefreshes } from '../../refresh/joint-mail.ts';
import type { ManualAllowance } from '../../refresh/manual-request.ts';
import type { OutsideLog } from '../../refresh/outside-keys.ts';
import type { PathUse } from '../../refresh/path-use.ts';
import type { HeldChanges, PauseStore } from '../../refresh/pause.ts';
import type { Change } from '../../refresh/refresh.ts';
import type { MailedReasons, ReportStore } from '../../refresh/report.ts';
import type { EdgeRecords, VerifiedRecords } from '../../refresh/unchanged.ts';
import type { VerifyStore } from '../../refresh/verify-edge.ts';
import type { KnownDistributions } from '../../sites/known-distribution.ts';
import { changesOfKey } from './changes.ts';
import { edgeRecords } from './edge-records.ts';
import { gathering } from './gathering.ts';
import { knownDistributions } from './known-distributions.ts';
import { mailedReasons } from './mailed-reasons.ts';
import { manualAllowance } from './manual-allowance.ts';
import { openRefresh } from './open-refresh.ts';
import { outsideKeys } from './outside-keys.ts';
import { pathUse } from './path-use.ts';
import { heldChanges, pauses } from './pauses.ts';
import { refreshHistory } from './refresh-history.ts';
import { refreshRecords } from './refresh-records.ts';

/*
 * One table, partition key `pk`, sort key `sk`:
 *
 *     open / <distribution id>               pointer to the open refresh        open-refresh.ts
 *     <refresh> / refresh                    the record                         refresh-records.ts,
 *                                                                               plan-writes.ts
 *     <refresh> / change#<hash>#<sequencer>  one S3 event                       changes.ts
 *     <refresh> / path#<hash>                one path asked for by hand         changes.ts
 *     <refresh> / tag#<hash>                 one cache tag asked for by hand    changes.ts
 *     <refresh> / cause#<hash>               one change of the distribution     changes.ts
 *     edge#<distribution id>#<hash> / edge   what is known of a key at the edge edge-records.ts
 *     paths#<month> / <caller reference>     paths that an invalidation used    path-use.ts
 *     manual#<day> / <distribution id>       paths asked for by hand that day   manual-allowance.ts
 *     pause / pipeline                       who paused, and when               pauses.ts
 *     held#<pause>#<distribution id> / …     a change that the pause holds      pauses.ts
 *     unasked / <distribution id>            the reason mailed last             mailed-reasons.ts
 *     mail / deploy                          who waits to be told together      gathering.ts
 *     outside / <day>                        changed keys that nobody is shown  outside-keys.ts
 *     distribution / <distribution id>       how it shows the bucket            known-
 *                                                                               distributions.ts
 *
 * Changes are an append-only log, so that neither order nor repetition matters. An index lists the
 * records: see refresh-history.ts.
 */

export interface RefreshTableOptions {
  readonly tableName: string;
  /** @default a client of the function's own region and role */
  readonly client?: DynamoDBClient;
  /** @default the clock */
  readonly now?: () => Date;
}

/** Everything that the pipeline stores. */
export interface RefreshTable {
  readonly refreshes: InvalidateStore & VerifyStore & ReportStore & MailedRefreshes;
  readonly pathUse: PathUse;
  readonly mailedReasons: MailedReasons;
  readonly gathering: GatheringStore;
  readonly pauses: PauseStore;
  readonly distributions: KnownDistributions;
  readonly outsideKeys: OutsideLog;
  /** The distinct events of one key in a refresh, by strongly consistent reads. */
  changesOfKey(refreshId: string, key: string): Promise<readonly Change[]>;
  /** Each distribution has an open refresh of its own, and so on. */
  openRefreshOf(distributionId: string): CollectStore;
  heldChangesOf(distributionId: string): HeldChanges;
  historyOf(distributionId: string): RefreshPages;
  edgeRecordsOf(distributionId: string): EdgeRecords & VerifiedRecords;
  manualAllowanceOf(distributionId: string): ManualAllowance;
}

export function openRefreshTable({
  tableName,
  client = new DynamoDBClient({}),
  now = () => new Date(),
}: RefreshTableOptions): RefreshTable {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const table = { tableName, documents, now };
  return {
    refreshes: refreshRecords(table),
    pathUse: pathUse(table),
    mailedReasons: mailedReasons(table),
    gathering: gathering(table),
    pauses: pauses(table),
    distributions: knownDistributions(table),
    outsideKeys: outsideKeys(table),
    changesOfKey: (refreshId, key) => changesOfKey(table, refreshId, key),
    openRefreshOf: distributionId => openRefresh(table, distributionId),
    heldChangesOf: distributionId => heldChanges(table, distributionId),
    historyOf: distributionId => refreshHistory(table, distributionId),
    edgeRecordsOf: distributionId => edgeRecords(table, distributionId),
    manualAllowanceOf: distributionId => manualAllowance(table, distributionId),
  };
}
