import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import { expectFresh, inject, upload } from '../helpers/endings.ts';
import type { Fault } from '../helpers/faults.ts';
import { type Site, startSite } from '../helpers/site.ts';

const GOOD_KEYS = Array.from({ length: 12 }, (_, index) => `good-${index}.txt`);
const POLLERS = 5;
const MAX_RECEIVES = 5;

let site: Site;

beforeAll(async () => {
  // A visibility time-out of three minutes in a third of a second.
  site = await startSite({ timeScale: 0.002, invalidationDelayMs: 0 });
});
afterAll(() => site.stop());

function s3Event(record: object = {}, object: object = {}): string {
  const bucket = { name: site.output('SiteBucketName') };
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.4',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        eventTime: '2026-11-22T08:00:00.000Z',
        s3: { bucket, object: { key: 'bad.txt', sequencer: '01', ...object } },
        ...record,
      },
    ],
  });
}

interface BadMessage {
  readonly name: string;
  readonly body: () => string;
  /** What the log gives as the reason. */
  readonly reason: RegExp;
}

const ACKNOWLEDGED: readonly BadMessage[] = [
  {
    name: "S3's test event",
    body: () => '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}',
    reason: /test event/,
  },
  { name: 'a notification without records', body: () => '{"Records":[]}', reason: /without records/ },
  {
    name: 'a record of another source',
    body: () => '{"Records":[{"eventSource":"aws:ses","ses":{}}]}',
    reason: /aws:ses/,
  },
  {
    name: 'an event of another bucket',
    body: () => s3Event({ s3: { bucket: { name: 'other' }, object: { key: 'bad.txt' } } }),
    reason: /another bucket, other/,
  },
  {
    name: 'an event that changes no content',
    body: () => s3Event({ eventName: 'ObjectTagging:Put' }),
    reason: /ObjectTagging:Put/,
  },
];

const REFUSED: readonly BadMessage[] = [
  { name: 'malformed JSON', body: () => '{"Records":[', reason: /not JSON/ },
  { name: 'JSON of something else', body: () => '{"hello":"world"}', reason: /Neither/ },
  { name: 'JSON null', body: () => 'null', reason: /Neither/ },
  { name: 'records that are none', body: () => '{"Records":[7]}', reason: /Neither/ },
  { name: 'a key that ends in half an escape', body: () => s3Event({}, { key: 'half%E' }), reason: /half%E/ },
  { name: 'a key that is not UTF-8', body: () => s3Event({}, { key: 'latin%FC' }), reason: /latin%FC/ },
  { name: 'an unknown event version', body: () => s3Event({ eventVersion: '3.0' }), reason: /version 3\.0/ },
  {
    name: 'a request for a path without a slash',
    body: () => '{"paths":["index.html"]}',
    reason: /must begin with \//,
  },
  { name: 'a request for a raw non-ASCII path', body: () => '{"paths":["/ü"]}', reason: /percent-encoded/ },
  {
    name: 'a request for a wildcard in the middle',
    body: () => '{"paths":["/ok","/a*b"]}',
    reason: /last character/,
  },
  { name: 'a request for no path', body: () => '{"paths":[]}', reason: /Neither/ },
];

describe('A batch with bad messages among good ones', () => {
  let deadLetters: readonly Message[];
  let batches: readonly { readonly collected: boolean; readonly refused: boolean }[];

  beforeAll(async () => {
    const release = await holdPolls();
    const bad = [...ACKNOWLEDGED, ...REFUSED];
    for (const [index, { body }] of bad.entries()) {
      await site.send(body());
      const key = GOOD_KEYS[index];
      if (key !== undefined) await site.put(key, `content of ${key}`);
    }
    release();
    await site.settled();
    deadLetters = await drain(site.output('SiteChangesDeadLetterQueueUrl'));
    batches = [...Map.groupBy(logs(), log => log['function_request_id']).values()].map(lines => ({
      collected: lines.some(({ message }) => message === 'Collected'),
      refused: lines.some(({ message }) => message === 'Refused'),
    }));
  });

  it.each(ACKNOWLEDGED)('$name is acknowledged, with the reason in the log', ({ reason }) => {
    const lines = logs().filter(line => reason.test(String(line['reason'])));
    expect(lines.map(({ message }) => message)).toContain('Ignored');
  });

  it.each(REFUSED)(
    '$name is tried five times, then a dead letter, with the reason in the log',
    ({ body, reason }) => {
      const [letter, ...others] = deadLetters.filter(({ Body }) => Body === body());
      expect(others).toEqual([]);
      const refusals = logs().filter(line => line['messageId'] === letter?.MessageId);
      expect(refusals).toHaveLength(MAX_RECEIVES);
      for (const refusal of refusals) {
        expect(refusal['message']).toBe('Refused');
        expect(refusal['reason']).toMatch(reason);
      }
    },
  );

  it('puts nothing but these in the dead-letter queue', () => {
    expect(deadLetters).toHaveLength(REFUSED.length);
  });

  it('loses no good message: each upload is in a refresh, and every refresh ends fresh', async () => {
    expect(batches).toContainEqual({ collected: true, refused: true });
    const { Items = [] } = await site.clients.documents.send(
      new ScanCommand({ TableName: site.output('RefreshTableName') }),
    );
    const collected = Items.filter(({ sk }) => String(sk).startsWith('change#')).map(({ key }) =>
      String(key),
    );
    // A collector that meets a refresh as it closes puts its changes into the next one as well.
    expect(new Set(collected)).toEqual(new Set(GOOD_KEYS));
    const refreshes = await site.refreshes();
    expect(refreshes.filter(({ state }) => state !== 'fresh')).toEqual([]);
    expect(site.mails()).toHaveLength(refreshes.length);
    await site.expectEdgeEqualsBucket();
  });
});

it('An invocation without messages does nothing', async () => {
  const invoked = site.cloud.journal.entries.find(
    entry => entry.kind === 'invocation' && entry.functionName.includes('Collect'),
  );
  const functionName = invoked?.kind === 'invocation' ? invoked.functionName : '';
  const response = await fetch(`${site.cloud.endpoint}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    headers: { authorization: authorizationOf('test', 'lambda') },
    body: '{"Records":[]}',
  });
  expect(await response.json()).toEqual({ batchItemFailures: [] });
});

describe('the mail queue', () => {
  it('dead-letters messages that are not mails, and no mail with them', async () => {
    const bodies = ['{', '{"type":"newsletter","id":"1"}', '{"type":"refresh-report","id":"1"}'];
    for (const MessageBody of bodies) {
      await site.clients.sqs.send(
        new SendMessageCommand({ QueueUrl: site.output('MailQueueUrl'), MessageBody }),
      );
    }
    await expectFresh(site, await upload(site));
    const letters = await drain(await mailDeadLetterQueueUrl());
    expect(letters).toHaveLength(bodies.length);
    expect(new Set(letters.map(({ Body }) => Body))).toEqual(new Set(bodies));
  });

  it('retries a mail that SES refused, and sends it once', async () => {
    const refusal = inject(site, { action: 'SendEmail' }, sesRefuses('MessageRejected', 400), 2);
    await expectFresh(site, await upload(site));
    expect(refusal.met).toHaveLength(2);
  });

  it('dead-letters a mail that SES always refuses; the refresh still ends fresh', async () => {
    const mailed = site.mails().length;
    const refusal = inject(site, { action: 'SendEmail' }, sesRefuses('MessageRejected', 400));
    await site.put('page.txt', 'nobody is told');
    await site.settled();
    expect((await site.refreshes(1))[0]?.state).toBe('fresh');
    expect(site.mails()).toHaveLength(mailed);
    expect(refusal.met).toHaveLength(MAX_RECEIVES);
    expect(await drain(await mailDeadLetterQueueUrl())).toHaveLength(1);
    await site.expectEdgeEqualsBucket();
  });

  function sesRefuses(code: string, status: number): Fault {
    return async () => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ message: 'Refused by a test' }),
    });
  }

  async function mailDeadLetterQueueUrl(): Promise<string> {
    const { Attributes } = await site.clients.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: site.output('MailQueueUrl'),
        AttributeNames: ['RedrivePolicy'],
      }),
    );
    const { deadLetterTargetArn } = JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}');
    const QueueName = String(deadLetterTargetArn).split(':').at(-1);
    const { QueueUrl = '' } = await site.clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
    return QueueUrl;
  }
});

/**
 * Keeps the pollers from the queue until called back, so that what is sent meanwhile comes in full
 * batches.
 */
async function holdPolls(): Promise<() => void> {
  const gate = Promise.withResolvers<void>();
  const allHeld = Promise.withResolvers<void>();
  let held = 0;
  const stop = site.cloud.intercept(async (call, next) => {
    if (call.action === 'ReceiveMessage' && call.request.caller.includes('Collect')) {
      held++;
      if (held === POLLERS) allHeld.resolve();
      await gate.promise;
    }
    return next();
  });
  // The polls under way end with one of these at the latest; the next one of each poller is held.
  for (let poller = 0; poller < POLLERS; poller++) await site.send('{"Event":"s3:TestEvent"}');
  await allHeld.promise;
  return () => {
    stop();
    gate.resolve();
  };
}

/** Everything in a queue, taken out. */
async function drain(QueueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await site.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages);
    for (const { ReceiptHandle } of Messages) {
      await site.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** Structured log lines of the functions. */
function logs(): Record<string, unknown>[] {
  return site.cloud.journal.entries.flatMap(entry => {
    if (entry.kind !== 'log' || !entry.line.startsWith('{')) return [];
    return [JSON.parse(entry.line)];
  });
}
