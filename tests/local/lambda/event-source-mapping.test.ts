import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AwsError } from '../../../infra/local/kernel/aws-api.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import {
  type EventSourceMappingDefinition,
  type EventSourceMappingDependencies,
  startEventSourceMapping,
} from '../../../infra/local/services/lambda/event-source-mapping.ts';
import { FakeQueue } from './fake-queue.ts';

const DEFINITION: EventSourceMappingDefinition = {
  functionName: 'collect',
  queueUrl: 'http://queue/site-changes',
  queueArn: 'arn:aws:sqs:us-east-1:000000000000:site-changes',
  batchSize: 10,
  windowSeconds: 0,
  reportBatchItemFailures: true,
  visibilityTimeoutSeconds: 30,
};

interface SqsRecord {
  readonly messageId: string;
}

type Handler = (records: readonly SqsRecord[]) => unknown;

/** A mapping from a fake queue to a handler in this process; a hundred AWS seconds pass in one. */
function startMapping(
  handler: Handler,
  definition: Partial<EventSourceMappingDefinition> = {},
  dependencies: Partial<EventSourceMappingDependencies> = {},
) {
  const queue = new FakeQueue();
  const events: { readonly Records: readonly SqsRecord[] }[] = [];
  const mapping = startEventSourceMapping(
    { ...DEFINITION, ...definition },
    {
      callAws: queue.callAws,
      caller: 'CollectRole',
      journal: createJournal(),
      timeScale: 0.01,
      async invoke(_, payload) {
        const event = JSON.parse(payload);
        events.push(event);
        const result = await handler(event.Records);
        if (result instanceof Error) return { payload: '{}', functionError: 'Unhandled', requestId: 'r' };
        return { payload: JSON.stringify(result ?? null), requestId: 'r' };
      },
      ...dependencies,
    },
  );
  onTestFinished(() => mapping.stop());
  return { queue, events, mapping };
}

const bodies = (count: number, body = 'x') => Array.from({ length: count }, () => body);
const idsOf = (records: readonly SqsRecord[]) => records.map(record => record.messageId);

describe('A mapping is refused', () => {
  it.each<[string, Partial<EventSourceMappingDefinition>, string]>([
    [
      'above ten messages without a window',
      { batchSize: 11 },
      'Maximum batch window in seconds must be greater than 0',
    ],
    ['with an empty batch', { batchSize: 0 }, "Value '0' at 'batchSize'"],
    [
      'with a maximum concurrency of one',
      { maximumConcurrency: 1 },
      "Value '1' at 'scalingConfig.maximumConcurrency'",
    ],
    [
      'with a window above five minutes',
      { windowSeconds: 301 },
      "Value '301' at 'maximumBatchingWindowInSeconds'",
    ],
    [
      'for a FIFO queue',
      { queueArn: `${DEFINITION.queueArn}.fifo` },
      'A FIFO queue as event source is not emulated',
    ],
  ])('%s', (_, definition, message) => {
    expect(() => startMapping(() => null, definition)).toThrow(message);
  });

  it('when time would run slower than the queue', () => {
    expect(() => startMapping(() => null, {}, { timeScale: 2 })).toThrow('timeScale 2');
  });
});

describe('Polling', () => {
  it('begins with five long polls in the name of the function’s role', async () => {
    const { queue } = startMapping(() => null);
    await queue.until(() => queue.calls('ReceiveMessage').length === 5);
    expect(queue.calls('ReceiveMessage')[0]).toEqual({
      QueueUrl: DEFINITION.queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 20,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
  });

  it('goes on after the queue failed', async () => {
    const { queue } = startMapping(() => null);
    queue.failNext('ReceiveMessage');
    // Five polls wait already: the sixth fails, the seventh follows it.
    queue.send(bodies(1));
    await queue.until(() => queue.calls('ReceiveMessage').length === 7);
  });

  it.each([
    [5, {}],
    [2, { maximumConcurrency: 2 }],
    [5, { maximumConcurrency: 100 }],
  ])('runs at most %i batches at once (%o)', async (most, definition) => {
    const release = Promise.withResolvers<null>();
    const { queue, events } = startMapping(() => release.promise, { ...definition, batchSize: 1 });
    queue.send(bodies(8));
    await queue.until(() => queue.calls('ReceiveMessage').length === most);
    await expect.poll(() => events.length).toBe(most);
    release.resolve(null);
    await queue.until(() => queue.deleted().length === 8);
  });
});

describe('A batch', () => {
  it('without a window is what one poll brings, and is deleted after success', async () => {
    const { queue, events } = startMapping(() => null);
    queue.send(bodies(14));
    await queue.until(() => queue.deleted().length === 14);
    expect(new Set(events.map(event => event.Records.length))).toEqual(new Set([10, 4]));
    expect(queue.calls('DeleteMessageBatch')).toContainEqual({
      QueueUrl: DEFINITION.queueUrl,
      Entries: expect.arrayContaining([{ Id: '9', ReceiptHandle: 'm10/10' }]),
    });
  });

  it('with a window grows over several polls until it is full', async () => {
    const { queue, events } = startMapping(
      () => null,
      { batchSize: 15, windowSeconds: 300 },
      { timeScale: 1 },
    );
    await queue.until(() => queue.calls('ReceiveMessage').length === 5);
    queue.send(bodies(10));
    await queue.until(() => queue.calls('ReceiveMessage').length === 6);
    expect(queue.calls('ReceiveMessage')[5]).toMatchObject({ MaxNumberOfMessages: 5 });
    queue.send(bodies(5));
    await queue.until(() => queue.deleted().length === 15);
    expect(events).toHaveLength(1);
  });

  it('with a window is delivered at its end, full or not', async () => {
    const { queue, events } = startMapping(() => null, { batchSize: 15, windowSeconds: 2 });
    queue.send(bodies(3));
    await queue.until(() => queue.deleted().length === 3);
    expect(events).toHaveLength(1);
  });

  it('never exceeds 6 MB, and no message is lost', async () => {
    const sizes: number[] = [];
    const { queue } = startMapping(
      records => void sizes.push(Buffer.byteLength(JSON.stringify({ Records: records }))),
    );
    queue.send(bodies(10, 'x'.repeat(1024 * 1024)));
    await queue.until(() => queue.deleted().length === 10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 * 1024);
    expect(sizes).toHaveLength(2);
    expect(new Set(queue.deleted()).size).toBe(10);
  });
});

describe('A failed message', () => {
  it('stays in the queue while the others are deleted, and comes back after the visibility time-out', async () => {
    let first = true;
    const { queue, events } = startMapping(records => {
      const failed = first ? [{ itemIdentifier: 'm2' }] : [];
      first = false;
      return { batchItemFailures: records.length > 0 ? failed : [] };
    });
    queue.send(bodies(3));
    await queue.until(() => queue.deleted().length === 3);
    expect(events.map(event => idsOf(event.Records))).toEqual([['m1', 'm2', 'm3'], ['m2']]);
    expect(queue.deleted()).toEqual(['m1', 'm3', 'm2']);
  });

  it('is any message of a batch whose function fails', async () => {
    let calls = 0;
    const { queue, events } = startMapping(() => (++calls === 1 ? new Error() : null));
    queue.send(bodies(2));
    await queue.until(() => queue.deleted().length === 2);
    expect(events[0]?.Records).toHaveLength(2);
    expect(queue.released()).toEqual(['m1/1', 'm2/2']);
  });

  it('is also one whose invocation was throttled', async () => {
    let calls = 0;
    const { queue } = startMapping(() => {
      if (++calls === 1) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    });
    queue.send(bodies(1));
    await queue.until(() => queue.deleted().length === 1);
    expect(calls).toBe(2);
  });

  it('is also one that could not be deleted', async () => {
    const { queue, events } = startMapping(() => null);
    queue.failNext('DeleteMessageBatch');
    queue.send(bodies(1));
    await queue.until(() => queue.calls('DeleteMessageBatch').length === 2);
    expect(events).toHaveLength(2);
  });

  it('is left to the queue in real time', async () => {
    const { queue } = startMapping(() => new Error(), { visibilityTimeoutSeconds: 0 }, { timeScale: 1 });
    queue.send(bodies(1));
    // The poller polls again once it has backed off.
    await queue.until(() => queue.calls('ReceiveMessage').length === 6);
    expect(queue.released()).toEqual([]);
    expect(queue.deleted()).toEqual([]);
  });

  it('is ignored by a mapping that does not ask for failures', async () => {
    const handler = () => ({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    const { queue } = startMapping(handler, { reportBatchItemFailures: false });
    queue.send(bodies(2));
    await queue.until(() => queue.deleted().length === 2);
  });
});

describe('Stopping a mapping', () => {
  it('ends the long polls at once and gives back what they still bring', async () => {
    const { queue, mapping } = startMapping(() => null);
    await queue.until(() => queue.calls('ReceiveMessage').length === 5);
    await mapping.stop();
    queue.send(bodies(1));
    await queue.until(() => queue.released().length >= 1);
    expect(queue.released()[0]).toBe('m1/1');
  });

  it('waits for running batches', async () => {
    const release = Promise.withResolvers<null>();
    const started = Promise.withResolvers<void>();
    const { queue, mapping } = startMapping(() => {
      started.resolve();
      return release.promise;
    });
    queue.send(bodies(1));
    await started.promise;
    const end = mapping.stop();
    release.resolve(null);
    await end;
    expect(queue.deleted()).toEqual(['m1']);
  });

  it('gives back a batch whose window is not over', async () => {
    const { queue, mapping, events } = startMapping(() => null, { windowSeconds: 300 }, { timeScale: 1 });
    await queue.until(() => queue.calls('ReceiveMessage').length === 5);
    queue.send(bodies(1));
    await queue.until(() => queue.calls('ReceiveMessage').length === 6);
    await mapping.stop();
    expect(queue.released()[0]).toBe('m1/1');
    expect(events).toEqual([]);
  });

  it('ends the visibility time-outs that it scaled', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { queue, mapping } = startMapping(records => ({
      batchItemFailures: idsOf(records.slice(1)).map(itemIdentifier => ({ itemIdentifier })),
    }));
    queue.send(bodies(3));
    await expect.poll(() => vi.getTimerCount()).toBe(2);
    await mapping.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(queue.released()).toEqual([]);
  });
});
