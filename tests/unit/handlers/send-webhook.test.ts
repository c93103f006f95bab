import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebhookRefusedError } from '../../../shared/errors.ts';
import { MAX_TRIES, pauseAfter, type Webhook } from '../../../shared/webhook/deliver.ts';
import { signedHeaders } from '../../../shared/webhook/signature.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  WEBHOOK_URL: 'https://hooks.example.com/refreshes',
  WEBHOOK_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/webhook',
  WEBHOOK_SECRET: 'hooks',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
};
const NOW = new Date('2026-11-02T10:00:10.900Z');
const SECRET = 'kept-to-itself';

// Settings are read when the module is loaded, as Lambda does it.
let createHandler: typeof import('../../../handlers/pipeline/send-webhook.ts')['createHandler'];
let logger: typeof import('../../../shared/observability.ts')['logger'];

beforeAll(async () => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  ({ createHandler } = await import('../../../handlers/pipeline/send-webhook.ts'));
  ({ logger } = await import('../../../shared/observability.ts'));
});
afterAll(() => void vi.unstubAllEnvs());

/** The message of an event, at its first try. */
const messageOf = (id: string, tries = 1, body: object = eventOf(id)) => ({
  messageId: `message ${id}`,
  receiptHandle: `receipt ${id}`,
  body: JSON.stringify(body),
  attributes: { ApproximateReceiveCount: String(tries) },
});
const eventOf = (id: string) => ({
  source: 'cloudfront-auto-invalidation',
  detail: { version: 1, id, finishedAt: '2026-11-02T10:00:07.300Z', outcome: 'fresh' },
});

interface Trouble {
  /** Ids that the receiver does not take. */
  readonly refused?: readonly string[];
  readonly secret?: () => Promise<string>;
  readonly hide?: () => Promise<void>;
}

/** Delivers a batch. @returns what failed, what the receiver took, and what was hidden how long */
async function deliver(messages: readonly object[], trouble: Trouble = {}) {
  const { refused = [], secret = async () => SECRET } = trouble;
  const posted: Webhook[] = [];
  const hidden: Record<string, number> = {};
  const handler = createHandler({
    receiver: {
      async post(webhook) {
        if (refused.includes(String(webhook.headers['webhook-id']))) throw new WebhookRefusedError('503');
        posted.push(webhook);
      },
    },
    secret,
    queue: {
      async hide(receiptHandle, seconds) {
        hidden[receiptHandle] = seconds;
        await trouble.hide?.();
      },
    },
    now: () => NOW,
  });
  const context: Partial<Context> = { functionName: 'send-webhook', awsRequestId: 'request-1' };
  const { batchItemFailures } = await handler({ Records: messages }, context as Context);
  return { failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), posted, hidden };
}

describe('A webhook', () => {
  it('is the event’s detail with its type and time, signed for the moment of this try', async () => {
    const { failed, posted } = await deliver([messageOf('e1')]);
    expect(failed).toEqual([]);
    const [{ headers, body } = { headers: {}, body: '' }] = posted;
    expect(JSON.parse(body)).toEqual({
      type: 'refresh.ended',
      timestamp: '2026-11-02T10:00:07.300Z',
      data: eventOf('e1').detail,
    });
    const timestamp = Date.parse('2026-11-02T10:00:10.000Z') / 1000;
    expect(headers).toEqual({
      'content-type': 'application/json',
      ...signedHeaders({ id: 'e1', timestamp, body }, SECRET),
    });
  });

  it('that is not taken comes again by itself: the others of its batch are done', async () => {
    const { failed, posted, hidden } = await deliver([messageOf('e1'), messageOf('e2'), messageOf('e3')], {
      refused: ['e2'],
    });
    expect(failed).toEqual(['message e2']);
    expect(posted.map(({ headers }) => headers['webhook-id'])).toEqual(['e1', 'e3']);
    expect(hidden).toEqual({ 'receipt e2': 1 });
  });

  it('is tried again after longer and longer pauses, that SQS takes', async () => {
    const pauses = [];
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      const { hidden } = await deliver([messageOf('e1', tries)], { refused: ['e1'] });
      pauses.push(...Object.values(hidden));
    }
    expect(pauses).toHaveLength(MAX_TRIES - 1);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(43_200);
    const hours = pauses.reduce((sum, seconds) => sum + seconds, 0) / 3600;
    expect(Math.floor(hours)).toBe(15);
  });

  it('is not kept from the dead-letter queue after its last try', async () => {
    expect(pauseAfter(MAX_TRIES)).toBeUndefined();
    const { failed, hidden } = await deliver([messageOf('e1', MAX_TRIES)], { refused: ['e1'] });
    expect({ failed, hidden }).toEqual({ failed: ['message e1'], hidden: {} });
  });

  it('is tried again after the usual time if the pause cannot be set', async () => {
    const hide = () => Promise.reject(new Error('Throttled'));
    expect(await deliver([messageOf('e1')], { refused: ['e1'], hide })).toMatchObject({
      failed: ['message e1'],
    });
  });

  it('is never sent unsigned', async () => {
    const secret = () => Promise.reject(new Error('No such secret'));
    expect(await deliver([messageOf('e1')], { secret })).toMatchObject({
      failed: ['message e1'],
      posted: [],
    });
  });

  it.each([
    ['no JSON', { ...messageOf('e1'), body: '{' }],
    ['no end of a refresh', messageOf('e1', 1, { detail: { state: 'ALARM' } })],
  ])('is not made of a message that is %s, which ends among the dead letters', async (_, message) => {
    expect(await deliver([message])).toMatchObject({ failed: ['message e1'], posted: [] });
  });

  it('leaves a log that names why it failed, and neither content nor secret', async () => {
    const logged = vi.spyOn(logger, 'error');
    await deliver([messageOf('e1', 3)], { refused: ['e1'] });
    expect(logged).toHaveBeenCalledWith('Not sent', {
      messageId: 'message e1',
      tries: 3,
      error: expect.objectContaining({ name: 'WebhookRefused' }),
    });
    expect(JSON.stringify(logged.mock.calls)).not.toContain(SECRET);
  });
});
