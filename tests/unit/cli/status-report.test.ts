import { stripVTControlCharacters, styleText } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import {
  describeStatus,
  doubtOf,
  problemsOf,
  type Status,
} from '../../../infra/cli/commands/status-report.ts';
import { adviceOnUnasked } from '../../../shared/refresh/unasked-advice.ts';
import { colouredPage, plainPage } from '../../helpers/terminal.ts';

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
  sender: { address: 'site@example.com', region: 'us-east-1', state: 'verified' },
};

const linesOf = (details: Partial<Status> = {}, page = plainPage()) =>
  describeStatus({ ...STATUS, ...details }, page).split('\n');

it('The status names what lies outside every origin path', () => {
  const line = 'Outside every origin path since yesterday: 3 changes, ignored: v1/a.txt, v1/b.txt …';
  expect(linesOf({ outside: { count: 3, keys: ['v1/a.txt', 'v1/b.txt'] } })).toContain(line);
  expect(linesOf().join()).not.toContain('Outside');
});

const FAILED = { ...FRESH, state: 'failed', failure: 'EdgeStale: an old copy' } as const;
const UNASKED = {
  ...FRESH,
  state: 'unasked',
  unasked: { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401' },
} as const;
const OFF = { ...UNASKED, unasked: { code: 'off', reason: 'verification is off' } } as const;
const QUIET = { name: 'StudentSite-mail', waiting: 0, inWork: 0, deadLetters: 0 };

const PAUSE = {
  id: 'p1',
  since: '2026-11-22T08:30:00.000Z',
  by: 'arn:aws:sts::111122223333:assumed-role/Admin/jane',
  held: 1200,
};

describe('the status', () => {
  it('is a verdict, a table of refreshes and others’ invalidations, newest first, and what else there is to know', () => {
    expect(linesOf()).toEqual([
      '✗ Not well: 1 dead letter; 1 refresh in progress',
      'Distribution E1',
      '',
      'Started (UTC)        Refresh                    State  Invalidation  CloudFront  Files  Paths  To fresh    Cost',
      '2026-11-22 09:00:00  20261122T090000Z-0123abcd  open                                        0             $0.00',
      '2026-11-22 08:30:00  by somebody else                  I2            InProgress             2',
      '2026-11-22 08:19:46  20261122T081946Z-21c93750  fresh  I1            Completed   1,200      3     7.3 s  $0.015',
      '',
      'In progress: 20261122T090000Z-0123abcd (open)',
      '2026-11: 1,240 of 1,000 free paths used; cost $1.20',
      'StudentSite-mail: 1 waiting, 2 in work, 1 dead letter',
    ]);
  });

  it('says how many paths the month may have, if that is limited', () => {
    expect(linesOf({ month: { ...STATUS.month, maxPaths: 2000 } })).toContain(
      '2026-11: 1,240 of 1,000 free paths used; cost $1.20; limited to 2,000',
    );
  });

  it('says that nothing has happened yet', () => {
    const lines = linesOf({ refreshes: [], invalidations: [] });
    expect(lines).toContain('Nothing has been refreshed yet.');
    expect(lines).toContain('No refresh is open or in progress.');
  });

  it('explains below the table what went wrong, without control characters', () => {
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

  it('says below the table why a refresh waited, or purged everything', () => {
    const errorPages = { paths: ['/404.html'], seconds: 10 };
    expect(linesOf({ refreshes: [{ ...FRESH, errorPages }] })).toContain(
      `${FRESH.id}: edges may keep the former /404.html at any URL for up to 10 s, so the refresh waits that long`,
    );
  });

  it('knows which refresh an earlier invalidation was of', () => {
    const maker = { paths: 3, refreshId: FRESH.id };
    const invalidations = [{ id: 'I0', status: 'Completed', createTime: FRESH.startedAt, maker }];
    expect(linesOf({ refreshes: [], invalidations }).join('\n')).toContain(`earlier, of ${FRESH.id}`);
  });

  it.each<{ verdict: string; details: Partial<Status> }>([
    { verdict: '✓ Fresh since 2026-11-22 08:19:53 UTC', details: { refreshes: [FRESH] } },
    { verdict: '… Not fresh yet: 1 refresh in progress', details: { refreshes: [OPEN, FRESH] } },
    { verdict: 'Nothing to refresh so far', details: { refreshes: [] } },
    { verdict: '✗ Not well: the last refresh failed', details: { refreshes: [FAILED, FRESH] } },
    {
      verdict: '✗ Not well: the last refresh failed; 2 refreshes in progress',
      details: { refreshes: [OPEN, OPEN, FAILED] },
    },
    {
      verdict: '✗ Not well: 3 dead letters',
      details: {
        refreshes: [FRESH],
        queues: [
          { ...QUIET, deadLetters: 2 },
          { ...QUIET, deadLetters: 1 },
        ],
      },
    },
    { verdict: '✓ Fresh since 2026-11-22 08:19:53 UTC', details: { refreshes: [FRESH, FAILED] } },
    {
      verdict: '✗ Not well: the last refresh failed',
      details: { refreshes: [FRESH, { ...FAILED, finishedAt: '2026-11-22T08:19:54.000Z' }] },
    },
    { verdict: '? Not verified: d1.cloudfront.net answers 401', details: { refreshes: [UNASKED, FRESH] } },
    { verdict: '? Not verified: verification is off', details: { refreshes: [OFF] } },
    { verdict: '… Not fresh yet: 1 refresh in progress', details: { refreshes: [OPEN, UNASKED] } },
    { verdict: '✓ Fresh since 2026-11-22 08:19:53 UTC', details: { refreshes: [FRESH, UNASKED] } },
    {
      verdict: '✗ Not well: 2 dead letters',
      details: { refreshes: [UNASKED], queues: [{ ...QUIET, deadLetters: 2 }] },
    },
    {
      verdict: '✗ Not well: the sender of the mails is not verified',
      details: { refreshes: [FRESH], sender: { ...STATUS.sender, state: 'unverified' } },
    },
    {
      verdict: '‖ Paused since 2026-11-22 08:30:00 UTC by jane; 1,200 changes held until npm run resume',
      details: { refreshes: [FRESH], pause: PAUSE },
    },
    {
      verdict:
        '‖ Paused since 2026-11-22 08:30:00 UTC by jane (moving); 1,200 changes held until npm run resume; 1 refresh in progress',
      details: { refreshes: [OPEN, FRESH], pause: { ...PAUSE, reason: 'moving' } },
    },
    {
      verdict: '✗ Not well: the last refresh failed',
      details: { refreshes: [FAILED], pause: PAUSE },
    },
    {
      verdict: '✗ Not well: resuming was interrupted',
      details: { refreshes: [FRESH], pause: { ...PAUSE, resumedAt: '2026-11-22T09:00:00.000Z' } },
    },
  ])('begins with its verdict: $verdict', ({ verdict, details }) => {
    const status = { ...STATUS, queues: [QUIET], ...details };
    expect(linesOf(status)[0]).toBe(verdict);
    expect(problemsOf(status).length > 0).toBe(verdict.startsWith('✗'));
  });

  it('says what to do if resuming was interrupted', () => {
    const pause = { ...PAUSE, resumedAt: '2026-11-22T09:00:00.000Z' };
    expect(problemsOf({ ...STATUS, queues: [QUIET], pause })).toEqual([
      'What was resumed at 2026-11-22 09:00:00 UTC has not come to its end: unless somebody is doing it now, repeat npm run resume. 1,200 changes held',
    ]);
  });

  it.each([
    ['unverified', /^SES does not send from site@example.com yet: follow the link that it mailed there/],
    ['unknown', /^SES does not know site@example.com in us-east-1: verify its domain, or the address/],
  ] as const)('says what to do about a sender that is %s', (state, advice) => {
    const sender = { ...STATUS.sender, state };
    expect(problemsOf({ ...STATUS, queues: [QUIET], sender })).toEqual([expect.stringMatching(advice)]);
  });

  it('lists a refresh whose edge could not be asked without a time to fresh, and says why below', () => {
    const lines = linesOf({ refreshes: [UNASKED], invalidations: [] });
    expect(lines).toContain(
      `2026-11-22 08:19:46  ${UNASKED.id}  not verified  I1            not listed  1,200      3            $0.015`,
    );
    expect(lines).toContain(`${UNASKED.id}: d1.cloudfront.net answers 401`);
  });

  it.each<{ what: string; refreshes: Status['refreshes']; doubt: string | undefined }>([
    {
      what: 'could not be asked',
      refreshes: [OPEN, UNASKED, FRESH],
      doubt: `Refresh ${UNASKED.id} was not verified: d1.cloudfront.net answers 401. ${adviceOnUnasked('unauthorized')}`,
    },
    { what: 'was not to be asked', refreshes: [OFF], doubt: undefined },
    { what: 'was fresh', refreshes: [FRESH, UNASKED], doubt: undefined },
    { what: 'kept old content', refreshes: [FAILED, UNASKED], doubt: undefined },
    { what: 'has shown nothing yet', refreshes: [], doubt: undefined },
  ])('doubts an edge that $what: $doubt', ({ refreshes, doubt }) => {
    expect(doubtOf({ ...STATUS, refreshes })).toBe(doubt);
  });

  it.each([40, 60, 80, 100, 120])('has a table no wider than a terminal of %i columns', width => {
    const lines = linesOf({ refreshes: [OPEN, FRESH, FAILED, UNASKED] }, plainPage(width));
    const table = lines.slice(3, lines.indexOf('', 3));
    expect(table).toContainEqual(expect.stringContaining(FRESH.id));
    expect(Math.max(...table.map(line => stringWidth(line)))).toBeLessThanOrEqual(width);
  });

  it('says how many columns a narrow terminal has no room for', () => {
    const lines = linesOf({}, plainPage(80));
    expect(lines).toContain('Started (UTC)        Refresh                    State  Paths  To fresh    Cost');
    expect(lines).toContain('… 3 columns did not fit: --json has all');
    expect(linesOf().join()).not.toContain('did not fit');
  });

  it('colours the verdict and the states without moving a column', () => {
    const [coloured = [], plain] = [colouredPage(), plainPage()].map(page => linesOf({}, page));
    expect(coloured[0]).toBe(styleText('red', plain?.[0] ?? '', { validateStream: false }));
    expect(coloured.join()).toContain(styleText('green', 'fresh', { validateStream: false }));
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
  });
});
