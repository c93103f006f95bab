import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetBucketNotificationConfigurationCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';
import { DOCS_ONLY, EXISTING, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite } from '../fixtures/existing-site.ts';
import { askToRemove } from '../helpers/ask-to-remove.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { bridgedAssembly } from '../helpers/bridged-assembly.ts';
import { expectOneRefresh, keysOf, lateShuffledAndRepeated, uploadAll } from '../helpers/bursts.ts';
import { inject } from '../helpers/endings.ts';
import type { Fault } from '../helpers/faults.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { ODD_KEYS } from '../helpers/odd-keys.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { createSettling, trackEvents } from '../helpers/settling.ts';
import { type Site, startSite } from '../helpers/site.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

/*
 * What reaches the collector by EventBridge: a burst, odd keys and crashes. The nightly tests of
 * bursts and of crash points play all of them by EventBridge as well.
 */

/**
 * SQS takes no message with one of these characters. A notification encodes them, EventBridge may
 * not.
 */
const KEYS = ODD_KEYS.filter(key => !/[\ufffe\uffff]/.test(key));

let assembly: string;
beforeAll(async () => {
  assembly = await bridgedAssembly();
});
afterAll(() => rm(assembly, { recursive: true }));

describe('A site whose events come by EventBridge', () => {
  const atOnce: EventDelivery = (_, send) => send();
  let deliver = atOnce;
  let site: Site;
  beforeAll(async () => {
    site = await startSite({
      assemblyDirectory: assembly,
      timeScale: 0.02,
      invalidationDelayMs: 0,
      deliverEvent: (event, send) => deliver(event, send),
    });
  });
  afterAll(() => site.stop());

  it('is refreshed once after 40 uploads whose events come late, shuffled and repeatedly', async () => {
    const keys = keysOf('late', 40);
    await uploadAll(site, keys, 'first');
    await site.settled();
    deliver = lateShuffledAndRepeated(keys.length);
    onTestFinished(() => {
      deliver = atOnce;
    });
    await expectOneRefresh(site, keys, () => site.inOneRefresh(() => uploadAll(site, keys, 'second')));
  });

  it('is fresh at every odd key after all of them are overwritten or removed at once', async () => {
    await inParallel(KEYS, key => site.put(key, `first content of ${key}`));
    await site.settled();
    await site.warm(KEYS);
    await inParallel([...KEYS.entries()], ([index, key]) =>
      index % 3 === 0 ? site.remove(key) : site.put(key, `second content of ${key}`),
    );
    await site.settled();
    expect((await site.refreshes()).filter(({ state }) => state !== 'fresh')).toEqual([]);
    await site.expectEdgeEqualsBucket(KEYS);
  });

  it('loses nothing if the collector is killed, or the queue does not answer EventBridge', async () => {
    const killed: Fault = async ({ request }, next) => {
      const answer = await next();
      site.cloud.crashFunctions(request.caller);
      return answer;
    };
    const collect = inject(site, { action: 'BatchWriteItem', caller: 'Collect' }, killed, 1);
    const unanswered: Fault = async () => ({ status: 503 });
    const rule = inject(site, { action: 'SendMessage', caller: 'BucketEvents' }, unanswered, 2);
    await site.put('page.txt', 'after two failures');
    await site.settled();
    expect([collect.met, rule.met].map(({ length }) => length)).toEqual([1, 2]);
    await site.expectEdgeEqualsBucket(['page.txt']);
  });

  it('keeps an event that the queue refuses among the dead letters', async () => {
    const refused: Fault = async () => ({ status: 403 });
    inject(site, { action: 'SendMessage', caller: 'BucketEvents' }, refused, 1);
    const kept = site.next(
      entry => entry.kind === 'call' && entry.caller.includes('BucketEvents') && entry.status === 200,
      'the dead letter',
    );
    await site.put('refused.txt', 'content');
    await kept;
    expect(await site.queueLength('SiteChangesDeadLetterQueueUrl')).toBe(1);
  });
});

describe('A bucket whose notifications others have taken', () => {
  const existing = mkdtempSync(join(tmpdir(), 'taken-site-'));
  const Bucket = EXISTING.bucketName;
  const events = trackEvents();
  let cloud: LocalCloud;
  let s3: S3Client;
  let settled: () => Promise<void>;

  const start = (assemblyDirectory: string) =>
    startSuccessiveCloud({
      assemblyDirectory: existing,
      stackName: EXISTING.stackName,
      moreStacks: [{ stackName: 'AutoInvalidation', assemblyDirectory }],
      timeScale: 0.05,
      invalidationDelayMs: 50,
      alarms: false,
      deliverEvent: events.deliverEvent,
    });

  beforeAll(async () => {
    synthesiseExistingSite(existing, { tellsEverything: true });
    cloud = await start(assembly);
    s3 = new S3Client({ ...clientFor(cloud.endpoint), forcePathStyle: true });
    const outputs = cloud.outputsOf('AutoInvalidation');
    ({ settled } = createSettling({
      cloud,
      output: name => outputs[name] ?? '',
      eventsOnTheirWay: events.onTheirWay,
    }));
  });
  afterAll(async () => {
    await cloud?.stop();
    await rm(existing, { recursive: true });
  });

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const configuration = async () => {
    const found = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    const { $metadata: _, ...rest } = found;
    return rest;
  };

  it('refuses the notification, and the refusal names the option that needs none', async () => {
    await expect(start(ASSEMBLY)).rejects.toThrow(
      /already sends s3:ObjectCreated:\* of all keys to .*existing-incoming .* -c events=eventbridge/,
    );
  });

  it('keeps them as they are, with EventBridge switched on beside them', async () => {
    expect(await configuration()).toEqual({
      EventBridgeConfiguration: {},
      QueueConfigurations: [
        {
          Id: expect.any(String),
          QueueArn: expect.stringContaining(EXISTING.queueName),
          Events: ['s3:ObjectCreated:*'],
        },
      ],
    });
  });

  it('is fresh in both distributions after an upload, of which the others hear as before', async () => {
    const key = `docs/tiếng việt +1.html`;
    await put(key, 'old');
    await put('elsewhere/ignored.txt', 'no key of the site');
    await settled();
    const seen = async () =>
      (
        await Promise.all([
          cloud.view(`/${encodeURI(key)}`.replace('+', '%2B'), undefined, WHOLE_SITE),
          cloud.view(`/${encodeURI(key.slice('docs/'.length))}`.replace('+', '%2B'), undefined, DOCS_ONLY),
        ])
      ).map(({ body }) => body.toString());
    expect(await seen()).toEqual(['old', 'old']);
    const mails = cloud.mails().length;
    await put(key, 'new');
    await settled();
    expect(cloud.mails().slice(mails)).toMatchObject([{ subject: `Fresh at 2 distributions: ${key}` }]);
    expect(await seen()).toEqual(['new', 'new']);

    const sqs = new SQSClient(clientFor(cloud.endpoint));
    const QueueUrl = `${cloud.endpoint}/000000000000/${EXISTING.queueName}`;
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }),
    );
    // S3 has sent a test event as well, when EventBridge was switched on beside them.
    expect(Messages.filter(({ Body = '' }) => Body.includes('"Records"'))).toHaveLength(3);
  });

  it('has only keys of the site sent to the queue: the rule leaves the others out', () => {
    const sent = cloud.journal.entries.filter(
      entry =>
        entry.kind === 'call' && entry.action === 'SendMessage' && entry.caller.includes('BucketEvents'),
    );
    expect(sent).toHaveLength(2);
  });

  it('keeps EventBridge on when the attachment is removed, and CloudFormation is told so', async () => {
    const before = await configuration();
    const attachment = { BucketName: Bucket, Owner: 'AutoInvalidation/Freshness', EventBridge: 'true' };
    expect(await askToRemove(cloud, 'FreshnessNotify', attachment)).toMatchObject({
      Status: 'SUCCESS',
      Reason: expect.stringMatching(/still sends its events to EventBridge/),
    });
    expect(await configuration()).toEqual(before);
  });
});
