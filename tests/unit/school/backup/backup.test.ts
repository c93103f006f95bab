import { describe, expect, it } from 'vitest';
import { backup } from '../../../../shared/school/backup/backup.ts';
import type { StudentItem } from '../../../../shared/school/backup/item-line.ts';
import {
  backupKeyOf,
  backupOfManifest,
  manifestKeyOf,
  readManifest,
} from '../../../../shared/school/backup/manifest.ts';
import { KEY, MemoryFiles, MemoryReports, sourceOf } from './memory.ts';

const student = (id: string): StudentItem => ({ studentid: { S: id }, name: { S: `Student ${id}` } });
const FAILURE = new Error('the disk is on fire');

function scene() {
  let second = 0;
  return {
    source: sourceOf([student('1'), student('2')], [], [student('3')]),
    files: new MemoryFiles(),
    reports: new MemoryReports(),
    now: () => new Date(Date.UTC(2026, 10, 22, 8, 0, second++)),
    signal: new AbortController().signal,
  };
}

describe('A backup', () => {
  it('answers and publishes a manifest of what it stored, and reports it', async () => {
    const { files, reports, ...rest } = scene();
    const manifest = await backup(KEY, { files, reports, ...rest });
    expect(manifest).toMatchObject({
      key: KEY,
      count: 3,
      bytes: files.contents.get(KEY)?.length,
      startedAt: '2026-11-22T08:00:00.000Z',
      finishedAt: '2026-11-22T08:00:01.000Z',
      table: 'studentData',
    });
    expect(await files.find(KEY)).toEqual(manifest);
    const { table: _, ...reported } = manifest;
    expect(reports.sent).toEqual([
      { type: 'backup-report', id: `${KEY}-done`, outcome: 'done', ...reported },
    ]);
  });

  it('of an empty table is a backup too', async () => {
    const dependencies = { ...scene(), source: sourceOf() };
    expect(await backup(KEY, dependencies)).toMatchObject({ count: 0 });
    expect(dependencies.files.contents.get(KEY)?.length).toBeGreaterThan(0);
  });

  it('made twice is made once, and reported under one id', async () => {
    const dependencies = scene();
    const first = await backup(KEY, dependencies);
    const second = await backup(KEY, { ...dependencies, source: sourceOf([student('later')]) });
    expect(second).toEqual(first);
    expect(new Set(dependencies.reports.sent.map(({ id }) => id)).size).toBe(1);
  });

  it('stopped between its file and its manifest is finished by the next attempt, as the file is', async () => {
    const dependencies = scene();
    const { count, bytes, sha256 } = await backup(KEY, dependencies);
    dependencies.files.manifests.clear();
    const second = await backup(KEY, { ...dependencies, source: sourceOf([student('later')]) });
    expect(second).toMatchObject({ count, bytes, sha256 });
    expect(await dependencies.files.find(KEY)).toEqual(second);
  });

  it('that cannot publish another attempt’s manifest leaves that attempt its file', async () => {
    const dependencies = scene();
    await backup(KEY, dependencies);
    dependencies.files.manifests.clear();
    dependencies.files.publish = () => Promise.reject(FAILURE);
    await expect(backup(KEY, dependencies)).rejects.toBe(FAILURE);
    expect(dependencies.files.contents.size).toBe(1);
  });

  it('whose source fails leaves nothing, says why, and fails', async () => {
    const dependencies = scene();
    const source = {
      table: 'studentData',
      async *pages() {
        yield [student('1')];
        throw FAILURE;
      },
    };
    await expect(backup(KEY, { ...dependencies, source })).rejects.toBe(FAILURE);
    expect(dependencies.files.contents.size + dependencies.files.manifests.size).toBe(0);
    expect(dependencies.reports.sent).toMatchObject([
      { id: `${KEY}-failed`, outcome: 'failed', key: KEY, failure: 'Error: the disk is on fire' },
    ]);
  });

  it('whose file cannot be stored stops reading the table', async () => {
    const dependencies = scene();
    let stopped = false;
    const source = {
      table: 'studentData',
      async *pages() {
        try {
          for (let page = 0; ; page++) yield [student(String(page))];
        } finally {
          stopped = true;
        }
      },
    };
    dependencies.files.write = async (_, content) => {
      for await (const _ of content) throw FAILURE;
      return true;
    };
    await expect(backup(KEY, { ...dependencies, source })).rejects.toBe(FAILURE);
    await expect.poll(() => stopped).toBe(true);
  });

  it('whose manifest cannot be stored takes its file away again', async () => {
    const dependencies = scene();
    dependencies.files.publish = () => Promise.reject(FAILURE);
    await expect(backup(KEY, dependencies)).rejects.toBe(FAILURE);
    expect(dependencies.files.contents.size).toBe(0);
    expect(dependencies.reports.sent).toMatchObject([{ outcome: 'failed' }]);
  });

  it('that runs out of time leaves nothing and says so', async () => {
    const dependencies = { ...scene(), signal: AbortSignal.abort(new Error('out of time')) };
    await expect(backup(KEY, dependencies)).rejects.toThrow('out of time');
    expect(dependencies.files.contents.size).toBe(0);
    expect(dependencies.reports.sent).toMatchObject([{ failure: 'Error: out of time' }]);
  });

  it('whose report cannot be sent stands, and the next attempt reports it', async () => {
    const dependencies = scene();
    const unreachable = { send: () => Promise.reject(FAILURE) };
    await expect(backup(KEY, { ...dependencies, reports: unreachable })).rejects.toBe(FAILURE);
    await backup(KEY, dependencies);
    expect(dependencies.reports.sent).toMatchObject([{ outcome: 'done', count: 3 }]);
  });
});

describe('The key of a backup', () => {
  it('contains its time, and is unique', () => {
    const key = backupKeyOf(new Date('2026-11-22T08:19:46.789Z'), '21C93750-0000-4000-8000-000000000000');
    expect(key).toBe(KEY);
  });

  it('gives the key of its manifest, and the other way round', () => {
    expect(manifestKeyOf(KEY)).toBe('backups/20261122T081946Z-21c93750.manifest.json');
    expect(backupOfManifest(manifestKeyOf(KEY))).toBe(KEY);
    expect(backupOfManifest(KEY)).toBeUndefined();
    expect(backupOfManifest('backups/holiday-photos.manifest.json')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['half a manifest', '{"key":'],
    ['no manifest', '{}'],
    ['the manifest of another backup', `{"key":"${KEY.replace('21c', '21d')}"}`],
  ])('is refused with %s after it', (_, text) => {
    expect(() => readManifest(KEY, text)).toThrow('is damaged');
  });
});
