import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesIn } from '../../../infra/files-in.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { publishDeployments } from '../../../infra/local/services/cdk/bucket-deployment.ts';
import { BUCKET, startStorage } from '../../helpers/storage.ts';

const FILES = {
  'index.html': '<!doctype html>',
  'styles.css': 'body {}',
  'fonts/Poppins bold+.woff2': 'font',
  'học kỳ/1.unknown': '?',
};

function folderWith(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'website-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

async function start() {
  const { endpoint, s3, journal } = await startStorage();
  const store = openDurableStore();
  onTestFinished(() => store.close());
  const deployment = {
    version: 'first',
    directory: folderWith(FILES),
    bucket: BUCKET,
    prune: false,
    headers: { 'cache-control': 'public, s-maxage=31536000' },
  };
  const publish = (changes: Partial<typeof deployment> = {}) =>
    publishDeployments([{ ...deployment, ...changes }], endpoint.call, store);
  const uploads = () => journal.entries.filter(({ kind }) => kind === 'object').length;
  return { endpoint, s3, publish, uploads };
}

describe('A deployment', () => {
  it('uploads every file with its type and the deployment’s headers', async () => {
    const { s3, publish } = await start();
    await publish();
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(new Set(Contents.map(({ Key }) => Key))).toEqual(new Set(Object.keys(FILES)));
    const types: Readonly<Record<string, string>> = {
      'index.html': 'text/html',
      'styles.css': 'text/css',
      'fonts/Poppins bold+.woff2': 'font/woff2',
      'học kỳ/1.unknown': 'binary/octet-stream',
    };
    for (const [Key, content] of Object.entries(FILES)) {
      const object = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      expect(object).toMatchObject({ CacheControl: 'public, s-maxage=31536000', ContentType: types[Key] });
      expect(await object.Body?.transformToString()).toBe(content);
    }
  });

  it('uploads again only if its version has changed', async () => {
    const { publish, uploads } = await start();
    await publish();
    const count = Object.keys(FILES).length;
    expect(uploads()).toBe(count);
    await publish();
    expect(uploads()).toBe(count);
    await publish({ version: 'second' });
    expect(uploads()).toBe(2 * count);
  });

  it('that S3 refuses fails, and is tried again at the next start', async () => {
    const { endpoint, publish, uploads } = await start();
    const remove = endpoint.intercept(async () => ({ status: 503, body: 'SlowDown' }));
    await expect(publish()).rejects.toThrow(/Uploading .* to site failed: SlowDown/);
    remove();
    await publish();
    expect(uploads()).toBe(Object.keys(FILES).length);
  });

  it('that would prune the bucket is refused by name', async () => {
    const { publish } = await start();
    await expect(publish({ prune: true })).rejects.toThrow(/does not emulate deployments that prune/);
  });
});

describe('The files of a folder', () => {
  it('are named like keys, with or without a slash after the folder', () => {
    const directory = folderWith(FILES);
    expect(new Set(filesIn(directory))).toEqual(new Set(Object.keys(FILES)));
    expect(filesIn(`${directory}/`)).toEqual(filesIn(directory));
  });
});
