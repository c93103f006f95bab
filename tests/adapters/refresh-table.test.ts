import { expect, it } from 'vitest';
import { AwsError, type AwsService, jsonErrorResponse } from '../../infra/local/kernel/aws-api.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { changeOf } from '../helpers/changes.ts';
import { startRefreshTable } from './refresh-items.ts';

const sequencers = ['01', '03', '02'];
const objects = sequencers.map(sequencer => changeOf('a.css', { sequencer }));

it('A refresh holds every event of a key once, however often it was collected', async () => {
  const table = openRefreshTable(await startRefreshTable());
  const open = table.openRefreshOf('E1');
  const refreshId = await open.replace(undefined, 'r1');
  for (const repeated of [objects, [...objects].reverse()]) {
    await open.addChanges(refreshId, { objects: repeated, paths: ['/x'] });
  }
  const changes = await table.refreshes.changesOf(refreshId);
  expect(new Set(changes.objects)).toEqual(new Set(objects));
  expect(changes.objects).toHaveLength(3);
  expect(changes.paths).toEqual(['/x']);
});

it('The events of one key are found among those of others whose names begin alike', async () => {
  const table = openRefreshTable(await startRefreshTable());
  const open = table.openRefreshOf('E1');
  await open.replace(undefined, 'r1');
  const others = ['a.css.map', 'a', 'b.css'].map(key => changeOf(key));
  await open.addChanges('r1', { objects: [...objects, ...others], paths: ['/a.css'] });
  expect(new Set(await table.changesOfKey('r1', 'a.css'))).toEqual(new Set(objects));
  expect(await table.changesOfKey('r1', 'c.css')).toEqual([]);
  expect(await table.changesOfKey('r2', 'a.css')).toEqual([]);
});

it('The successor of an abandoned refresh inherits every event', async () => {
  const table = openRefreshTable(await startRefreshTable());
  const open = table.openRefreshOf('E1');
  await open.replace(undefined, 'r1');
  await open.addChanges('r1', { objects, paths: [] });
  expect(await open.abandon('r1')).toBe(true);
  expect(await open.replace('r1', 'r2')).toBe('r2');
  expect(new Set((await table.refreshes.changesOf('r2')).objects)).toEqual(new Set(objects));
});

/** A partition that is throttled: the first requests of an action are refused as a whole. */
function throttled(action: string, refusals: number) {
  const calls = { count: 0, atOnce: 0, most: 0 };
  const around =
    (dynamoDb: AwsService): AwsService =>
    async request => {
      if (!String(request.headers['x-amz-target']).endsWith(`.${action}`)) return dynamoDb(request);
      calls.count++;
      calls.most = Math.max(calls.most, ++calls.atOnce);
      try {
        if (calls.count <= refusals) {
          const code = 'ProvisionedThroughputExceededException';
          return jsonErrorResponse(new AwsError(code, 'Throttled by a test'));
        }
        return await dynamoDb(request);
      } finally {
        calls.atOnce--;
      }
    };
  return { around, calls };
}

it('A large batch of changes is written a few at a time, even if DynamoDB refuses whole parts of it', async () => {
  const { around, calls } = throttled('BatchWriteItem', 6);
  const open = openRefreshTable(await startRefreshTable(around)).openRefreshOf('E1');
  await open.replace(undefined, 'r1');
  const many = Array.from({ length: 500 }, (_, index) => changeOf(`${index}.css`));
  await open.addChanges('r1', { objects: many, paths: [] });
  expect(calls.count).toBe(500 / 25 + 6);
  expect(calls.most).toBeLessThanOrEqual(4);
});

it('A commit waits while the partition is throttled', async () => {
  const { around, calls } = throttled('UpdateItem', 3);
  const open = openRefreshTable(await startRefreshTable(around)).openRefreshOf('E1');
  await open.replace(undefined, 'r1');
  expect(await open.commit('r1')).toBe(true);
  expect(calls.count).toBe(4);
});
