import { describe, expect, it } from 'vitest';
import { describeStatus, type Status } from '../../../infra/cli/status-report.ts';

const FRESH: Status['refreshes'][number] = {
  id: '20261122T081946Z-21c93750',
  state: 'fresh',
  startedAt: '2026-11-22T08:19:46.100Z',
  finishedAt: '2026-11-22T08:19:53.400Z',
  changeCount: 1200,
  requestedPathCount: 0,
  pathCount: 3,
  needlessPurges: 0,
  costUsd: 0.015,
  skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
  invalidationId: 'I1',
  round: 1,
  refusals: 0,
};
const OPEN = {
  id: '20261122T090000Z-0123abcd',
  state: 'open',
  startedAt: '2026-11-22T09:00:00.000Z',
  pathCount: 0,
  needlessPurges: 0,
  costUsd: 0,
  skipped: FRESH.skipped,
  round: 1,
  refusals: 0,
} as const;

const STATUS: Status = {
  distributionId: 'E1',
  refreshes: [OPEN, FRESH],
  invalidations: [
    { id: 'I2', status: 'InProgress', createTime: '2026-11-22T08:30:00.000Z', maker: { paths: 2 } },
    { id: 'I1', status: 'Completed', createTime: '2026-11-22T08:19:48.000Z' },
  ],
  month: { month: '2026-11', paths: 1240, freePaths: 1000, pathPriceUsd: 0.005, costUsd: 1.2 },
  queues: [{ name: 'StudentSite-mail', waiting: 1, inWork: 2, deadLetters: 1 }],
};

const linesOf = (details: Partial<Status> = {}) => describeStatus({ ...STATUS, ...details }).split('\n');

describe('the status', () => {
  it('is a table of refreshes and others’ invalidations, newest first, and what else is to be known', () => {
    expect(linesOf()).toEqual([
      'Distribution E1',
      '',
      'Started (UTC)        Refresh                    State  Invalidation  CloudFront  Files  Paths  To fresh    Cost',
      '2026-11-22 09:00:00  20261122T090000Z-0123abcd  open                                        0             $0.00',
      '2026-11-22 08:30:00  by somebody else                  I2            InProgress             2',
      '2026-11-22 08:19:46  20261122T081946Z-21c93750  fresh  I1            Completed   1,200      3     7.3 s  $0.015',
      '',
      'On its way: 20261122T090000Z-0123abcd (open)',
      '2026-11: 1,240 of 1,000 free paths used; cost $1.20',
      'StudentSite-mail: 1 waiting, 2 in work, 1 dead letter',
    ]);
  });

  it('says that nothing has happened yet', () => {
    const lines = linesOf({ refreshes: [], invalidations: [] });
    expect(lines).toContain('Nothing has been refreshed yet.');
    expect(lines).toContain('No refresh is open or on its way.');
  });

  it('tells below the table what went wrong, safely', () => {
    const failed = {
      ...FRESH,
      state: 'failed',
      refusals: 2,
      round: 2,
      failure: 'EdgeStale: \u001b[2J',
    } as const;
    expect(linesOf({ refreshes: [failed] })).toContain(
      `${failed.id}: refused by CloudFront's quota 2 times; invalidated a second time; EdgeStale: \\u{1b}[2J`,
    );
  });

  it('knows which refresh an earlier invalidation was of', () => {
    const maker = { paths: 3, refreshId: FRESH.id };
    const invalidations = [{ id: 'I0', status: 'Completed', createTime: FRESH.startedAt, maker }];
    expect(linesOf({ refreshes: [], invalidations }).join('\n')).toContain(`earlier, of ${FRESH.id}`);
  });
});
