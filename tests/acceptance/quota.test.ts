import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import type { CompletionDelay } from '../../infra/local/services/cloudfront/invalidations.ts';
import { keepBusy } from '../helpers/busy.ts';
import { inject } from '../helpers/endings.ts';
import { type Fault, refused } from '../helpers/faults.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { type Site, startSite } from '../helpers/site.ts';

const pass: Fault = (_, next) => next();
const keysOf = (wave: string) => Array.from({ length: 20 }, (_, index) => `${wave}/page-${index}.txt`);
const ALWAYS = 'every-wave.txt';

it('With 15 wildcards and 3,000 exact paths in progress nothing is lost: uploads join the waiting refresh', async () => {
  let completion: CompletionDelay = 0;
  const site = await startSite({ timeScale: 0.005, invalidationDelayMs: () => completion });
  onTestFinished(site.stop);
  const waves = ['first', 'second', 'third'];
  await uploadAll(site, [ALWAYS, ...waves.flatMap(keysOf)], 'old');
  await site.settled();
  await site.warm();
  const before = (await site.executions()).length;

  const others = Promise.withResolvers<void>();
  completion = others.promise;
  await keepBusy(site, { wildcards: 15, exact: 3000 });
  completion = 0;
  // Once CloudFront itself refuses, later the plan finds no room beside what is in progress.
  inject(site, { action: 'ListInvalidations', caller: 'Invalidate' }, refused('AccessDenied', 403), 1);
  const requests = inject(site, { action: 'CreateInvalidation', caller: 'Invalidate' }, pass);
  for (const wave of waves) {
    await site.inOneRefresh(async () => {
      await uploadAll(site, [ALWAYS, ...keysOf(wave)], `new in the ${wave} wave`);
      await site.send({ paths: [`/by-hand/${wave}/*`] });
    });
    await site.next(
      entry => entry.kind === 'execution' && entry.state === 'Invalidate: wait for quota',
      'the refresh to be refused',
    );
  }
  others.resolve();
  await site.settled();

  const refreshes = await site.refreshes((await site.executions()).length - before);
  expect(refreshes).toMatchObject([{ state: 'fresh' }]);
  expect(requests.met).toHaveLength(2);
  const collected = await itemsOf(site, refreshes[0]?.id ?? '');
  expect(new Set(collected.flatMap(({ key = [] }) => key))).toEqual(
    new Set([ALWAYS, ...waves.flatMap(keysOf)]),
  );
  expect(new Set(collected.flatMap(({ path = [] }) => path))).toEqual(
    new Set(waves.map(wave => `/by-hand/${wave}/*`)),
  );
  expect(await site.queueLength('SiteChangesDeadLetterQueueUrl')).toBe(0);
  await site.expectEdgeEqualsBucket();
});

it('A refresh that is refused for a day fails and is mailed, and the next one takes over its changes', async () => {
  const site = await startSite({ timeScale: 0.0001, invalidationDelayMs: 0 });
  onTestFinished(site.stop);
  let answer: Fault = refused('TooManyInvalidationsInProgress', 400);
  inject(site, { action: 'CreateInvalidation' }, (call, next) => answer(call, next));
  await site.put('page.txt', 'only the refused refresh knows of this one');
  await site.settled();
  const [refresh] = await site.refreshes();
  expect(refresh).toMatchObject({ state: 'failed', end: { isAbandoned: true } });
  expect(site.mails().map(({ subject }) => subject)).toEqual([expect.stringContaining('FAILED')]);
  expect(site.mails()[0]?.body.text).toContain('TooManyInvalidationsInProgress');

  answer = pass;
  await site.put('other.txt', 'the next one');
  await site.settled();
  expect((await site.refreshes(1))[0]).toMatchObject({
    state: 'fresh',
    verification: { result: { verified: 2 } },
  });
  await site.expectEdgeEqualsBucket();
});

async function uploadAll(site: Site, keys: readonly string[], content: string): Promise<void> {
  await inParallel(keys, key => site.put(key, `${content}: ${key}`));
}

/** What a refresh collected: items with a `key` or a `path`. */
async function itemsOf(site: Site, refreshId: string): Promise<{ key?: string; path?: string }[]> {
  const { Items = [] } = await site.clients.documents.send(
    new QueryCommand({
      TableName: site.output('RefreshTableName'),
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': refreshId },
    }),
  );
  return Items;
}
