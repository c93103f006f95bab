import { expect, it } from 'vitest';
import { createRefreshTable } from '../../shared/aws/refresh-table.ts';
import { changeOf } from '../helpers/changes.ts';
import { startRefreshTable } from './refresh-items.ts';

const sequencers = ['01', '03', '02'];
const objects = sequencers.map(sequencer => changeOf('a.css', { sequencer }));

it('a refresh tells every event of a key once, however often it was collected', async () => {
  const table = createRefreshTable(await startRefreshTable());
  const open = table.openOf('E1');
  const refreshId = await open.replace(undefined, 'r1');
  for (const repeated of [objects, [...objects].reverse()]) {
    await open.addChanges(refreshId, { objects: repeated, paths: ['/x'] });
  }
  const changes = await table.changesOf(refreshId);
  expect(new Set(changes.objects)).toEqual(new Set(objects));
  expect(changes.objects).toHaveLength(3);
  expect(changes.paths).toEqual(['/x']);
});

it('the successor of an abandoned refresh inherits every event', async () => {
  const table = createRefreshTable(await startRefreshTable());
  const open = table.openOf('E1');
  await open.replace(undefined, 'r1');
  await open.addChanges('r1', { objects, paths: [] });
  expect(await open.abandon('r1')).toBe(true);
  expect(await open.replace('r1', 'r2')).toBe('r2');
  expect(new Set((await table.changesOf('r2')).objects)).toEqual(new Set(objects));
});
