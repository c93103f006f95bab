import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type AwsService, jsonResponse } from '../../infra/local/kernel/aws-api.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import type { EdgeRecord, VerifiedRecord } from '../../shared/refresh/unchanged.ts';
import type { Verified } from '../../shared/refresh/verified.ts';
import { changeOf } from '../helpers/changes.ts';
import { startRefreshTable } from './refresh-items.ts';

const upload = (sequencer: string, key = 'a.css') => changeOf(key, { sequencer });
const PRESENT: Verified = {
  fingerprint: 'f1',
  headers: 'h1',
  shown: ['s1', 's2'],
  neverCached: false,
  cacheControl: 'max-age=60',
  expires: 'Tue, 03 Nov 2026 10:00:00 GMT',
  eTag: '"e1"',
  lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT',
  versionId: 'v1',
};
const ABSENT: Verified = { fingerprint: 'absent', neverCached: false };

async function start(around?: (dynamoDb: AwsService) => AwsService) {
  const options = await startRefreshTable(around);
  const now = () => new Date('2026-11-02T10:00:00Z');
  const records = openRefreshTable({ ...options, now }).edgeRecordsOf('E1');
  const recordOf = async (key = 'a.css') => (await records.get([key])).get(key);
  const verified = async (change = upload('05')): Promise<VerifiedRecord> => {
    await records.mark(change, 'm0');
    await records.recordVerified(change, 'm0', PRESENT);
    return { key: change.key, sequencer: change.sequencer, mark: 'm0', verified: PRESENT };
  };
  return { ...options, records, recordOf, verified };
}

describe('the records of what the edge serves', () => {
  it('are read back as they were written, of present objects and of absent ones', async () => {
    const { records, verified } = await start();
    const present = await verified();
    await records.mark(upload('01', 'gone.css'), 'm0');
    await records.recordVerified(upload('01', 'gone.css'), 'm0', ABSENT);
    const absent: EdgeRecord = { key: 'gone.css', sequencer: '01', mark: 'm0', verified: ABSENT };
    expect(await records.get(['a.css', 'gone.css', 'unknown.css'])).toEqual(
      new Map([
        ['a.css', present],
        ['gone.css', absent],
      ]),
    );
  });

  it('are found one by one as well', async () => {
    const { records, verified } = await start();
    expect(await records.find('a.css')).toBeUndefined();
    const present = await verified();
    expect(await records.find('a.css')).toEqual(present);
  });

  it('are empty for no keys', async () => expect(await (await start()).records.get([])).toEqual(new Map()));

  it('belong to one distribution', async () => {
    const { verified, ...options } = await start();
    await verified();
    const others = openRefreshTable(options).edgeRecordsOf('E2');
    expect(await others.get(['a.css'])).toEqual(new Map());
  });

  it('expire after 90 days without a change', async () => {
    const { client, tableName, verified } = await start();
    await verified();
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    expect(Items.map(item => item['expiresAt'])).toEqual([
      { N: `${Date.parse('2027-01-31T10:00:00Z') / 1000}` },
    ]);
  });

  it('are all read although DynamoDB leaves keys unprocessed and takes 100 at a time', async () => {
    const asked: number[] = [];
    const { records } = await start(dynamoDb => async request => {
      if (!String(request.headers['x-amz-target']).endsWith('.BatchGetItem')) return dynamoDb(request);
      const { RequestItems } = JSON.parse(String(request.body));
      const { Keys, ...how } = RequestItems.Refreshes;
      asked.push(Keys.length);
      expect(how).toEqual({ ConsistentRead: true });
      const body = Buffer.from(
        JSON.stringify({ RequestItems: { Refreshes: { Keys: Keys.slice(0, 60), ...how } } }),
      );
      const headers = { ...request.headers, 'content-length': `${body.length}` };
      const answer = JSON.parse(String((await dynamoDb({ ...request, headers, body })).body));
      const rest = Keys.length > 60 ? { Refreshes: { Keys: Keys.slice(60), ...how } } : {};
      return jsonResponse({ ...answer, UnprocessedKeys: rest });
    });
    const keys = Array.from({ length: 130 }, (_, index) => `${index}.css`);
    await Promise.all(keys.map(key => records.mark(upload('01', key), 'm0')));
    expect(new Set((await records.get(keys)).keys())).toEqual(new Set(keys));
    expect(new Set(asked)).toEqual(new Set([100, 40, 30]));
  });
});

describe('a mark', () => {
  it('forgets what was verified', async () => {
    const { records, recordOf, verified } = await start();
    await verified();
    await records.mark(upload('06'), 'm1');
    expect(await recordOf()).toEqual({ key: 'a.css', sequencer: '06', mark: 'm1' });
  });

  it('by an older event keeps the newest one', async () => {
    const { records, recordOf, verified } = await start();
    await verified();
    await records.mark(upload('04'), 'm1');
    expect(await recordOf()).toEqual({ key: 'a.css', sequencer: '05', mark: 'm1' });
  });
});

describe('a verification is not recorded', () => {
  it.each([
    { when: 'another plan marked the key since', change: upload('05'), mark: 'm1' },
    { when: 'another event was marked', change: upload('04'), mark: 'm0' },
    { when: 'the key was never marked', change: upload('05', 'other.css'), mark: 'm0' },
  ])('when $when', async ({ change, mark }) => {
    const { records, recordOf, verified } = await start();
    const before = await verified();
    await records.recordVerified(change, mark, ABSENT);
    expect(await recordOf()).toEqual(before);
    expect(await recordOf('other.css')).toBeUndefined();
  });
});

describe('a record is replaced', () => {
  const again = { ...PRESENT, lastModified: 'Mon, 02 Nov 2026 11:00:00 GMT' };

  it('by one that is verified, or by one that is not', async () => {
    const { records, recordOf, verified } = await start();
    const known = await verified();
    const next = { ...known, sequencer: '06', verified: again };
    expect(await records.replace(known, next)).toBe(true);
    expect(await recordOf()).toEqual(next);
    const unverified = { key: 'a.css', sequencer: '07', mark: 'm1', mixed: true } as const;
    expect(await records.replace(next, unverified)).toBe(true);
    expect(await recordOf()).toEqual(unverified);
    await records.mark(upload('08'), 'm2');
    expect(await recordOf()).toEqual({ key: 'a.css', sequencer: '08', mark: 'm2' });
  });

  it.each([
    { when: 'it was marked since', sequencer: '05', forget: true },
    { when: 'another event was planned since', sequencer: '06', forget: false },
  ])('but not when $when', async ({ sequencer, forget }) => {
    const { records, recordOf, verified } = await start();
    const known = await verified();
    if (forget) await records.mark(upload(sequencer), 'm1');
    else await records.replace(known, { ...known, sequencer });
    const before = await recordOf();
    expect(await records.replace(known, { ...known, sequencer: '07', verified: again })).toBe(false);
    expect(await recordOf()).toEqual(before);
  });

  it('but not when it has expired', async () => {
    const { records, recordOf } = await start();
    const known = { key: 'a.css', sequencer: '05', mark: 'm0', verified: PRESENT };
    expect(await records.replace(known, { ...known, sequencer: '06' })).toBe(false);
    expect(await recordOf()).toBeUndefined();
  });
});
