import { setTimeout as timeout } from 'node:timers/promises';
import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import type { Journal } from '../../kernel/journal.ts';
import { failedMessageIds } from './batch-response.ts';
import type { FunctionPool } from './function-pool.ts';
import { countFitting, eventOf, type ReceivedMessage } from './sqs-event.ts';
import { createSqsQueue } from './sqs-queue.ts';

export interface EventSourceMappingDefinition {
  readonly functionName: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  /** 1 to 10,000; more than 10 needs a window. */
  readonly batchSize: number;
  /** MaximumBatchingWindowInSeconds, 0 to 300. */
  readonly windowSeconds: number;
  readonly reportBatchItemFailures: boolean;
  /** 2 to 1,000. @default as many as there are pollers */
  readonly maximumConcurrency?: number;
  /** Of the queue: after it a message that was not deleted is received again. */
  readonly visibilityTimeoutSeconds: number;
}

export interface EventSourceMappingDependencies {
  readonly callAws: AwsService;
  /** The function's role: it needs to receive and delete. */
  readonly caller: string;
  readonly invoke: FunctionPool['invoke'];
  readonly journal: Journal;
  /** Real seconds per AWS second, above 0 and at most 1: window, visibility time-out and back-off. */
  readonly timeScale: number;
}

/** AWS begins with five and would add more under load; here they stay five. */
const POLLERS = 5;
const LONGEST_POLL_SECONDS = 20;
/** Within the last second of a window ReceiveMessage cannot wait, it only takes whole seconds. */
const SHORT_POLL_PAUSE_MS = 50;
const BACK_OFF_SECONDS = { first: 1, longest: 30 };

/**
 * Polls a standard queue and invokes a function with batches, until stopped. A failed batch, a throttled one too, is
 * left in the queue, and the poller that had it backs off.
 * @throws AwsError InvalidParameterValueException, ValidationException for what AWS refuses; NotImplemented for FIFO queues
 */
export function startEventSourceMapping(
  definition: EventSourceMappingDefinition,
  dependencies: EventSourceMappingDependencies,
): { stop(): Promise<void> } {
  assertValid(definition, dependencies.timeScale);
  const { functionName, batchSize } = definition;
  const { journal, timeScale } = dependencies;
  const queue = createSqsQueue({ ...definition, ...dependencies, onError: note });
  const stopping = new AbortController();
  const returning = new Set<NodeJS.Timeout>();
  const scaledMs = (seconds: number) => seconds * 1000 * timeScale;

  function note(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    journal.record({ kind: 'log', functionName, line: `Event source mapping: ${what}: ${reason}` });
  }

  /** Resolves early, with `undefined`, when the mapping stops. */
  async function untilStopped<T>(work: Promise<T>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const stop = () => resolve(undefined);
    if (stopping.signal.aborted) stop();
    stopping.signal.addEventListener('abort', stop);
    return Promise.race([work, promise]).finally(() => stopping.signal.removeEventListener('abort', stop));
  }

  async function pause(ms: number): Promise<void> {
    await timeout(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function receive(atMost: number, waitSeconds: number): Promise<ReceivedMessage[]> {
    const answer = queue.receive(atMost, waitSeconds);
    const messages = await untilStopped(answer);
    if (messages !== undefined) return messages;
    // The long poll outlives the mapping: what it still brings is for someone else.
    answer.then(giveBack).catch((error: unknown) => note('a poll failed after the end', error));
    return [];
  }

  async function giveBack(messages: readonly ReceivedMessage[]): Promise<void> {
    await Promise.all(messages.map(queue.release));
  }

  /**
   * Adds to `pending` until it holds a batch: full, 6 MB, or its window over. AWS may wait for the end of a 20-second
   * poll even if the window is shorter; here the window is exact.
   */
  async function gather(pending: ReceivedMessage[]): Promise<number> {
    if (pending.length === 0) pending.push(...(await receive(batchSize, LONGEST_POLL_SECONDS)));
    const windowEnd = performance.now() + scaledMs(definition.windowSeconds);
    let fitting = countFitting(pending);
    while (fitting > 0 && fitting === pending.length && fitting < batchSize && !stopping.signal.aborted) {
      const leftMs = windowEnd - performance.now();
      if (leftMs <= 0) break;
      const waitSeconds = Math.min(LONGEST_POLL_SECONDS, Math.floor(leftMs / 1000));
      const more = await receive(batchSize - pending.length, waitSeconds);
      pending.push(...more);
      fitting = countFitting(pending);
      if (more.length === 0 && waitSeconds === 0) await pause(Math.min(leftMs, SHORT_POLL_PAUSE_MS));
    }
    return fitting;
  }

  /** Answers the messages that failed. */
  async function invoke(batch: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    try {
      const result = await dependencies.invoke(functionName, eventOf(batch));
      const ids = batch.map(message => message.messageId);
      const failed = failedMessageIds(ids, result, definition.reportBatchItemFailures);
      return batch.filter(message => failed.has(message.messageId));
    } catch (error) {
      note('the function could not be invoked', error);
      return batch;
    }
  }

  /**
   * The queue keeps real time and returns messages by itself; a scaled time-out has to be ended by hand. It never
   * overtakes a running invocation, because functions run in real time.
   */
  function returnAfterVisibilityTimeout(messages: readonly ReceivedMessage[]): void {
    if (timeScale === 1 || stopping.signal.aborted) return;
    for (const message of messages) {
      const dueAt = message.receivedAt + scaledMs(definition.visibilityTimeoutSeconds);
      const leftMs = Math.max(0, dueAt - performance.now());
      const timer = setTimeout(() => {
        returning.delete(timer);
        void queue.release(message);
      }, leftMs);
      returning.add(timer);
    }
  }

  /** One batch from the first poll to its deletion; answers whether the poller may go on at once. */
  async function work(pending: ReceivedMessage[]): Promise<boolean> {
    try {
      const count = await gather(pending);
      if (count === 0 || stopping.signal.aborted) return true;
      const batch = pending.splice(0, count);
      const failed = await invoke(batch);
      const kept = await queue.remove(batch.filter(message => !failed.includes(message)));
      returnAfterVisibilityTimeout([...failed, ...kept]);
      return failed.length < batch.length;
    } catch (error) {
      note('the queue could not be polled', error);
      return false;
    }
  }

  async function poll(): Promise<void> {
    const pending: ReceivedMessage[] = [];
    let backOff = 0;
    while (!stopping.signal.aborted) {
      const healthy = await work(pending);
      backOff = healthy ? 0 : Math.min(BACK_OFF_SECONDS.longest, backOff * 2 || BACK_OFF_SECONDS.first);
      if (backOff > 0) await pause(scaledMs(backOff));
    }
    await giveBack(pending);
  }

  const pollers = Array.from({ length: Math.min(POLLERS, definition.maximumConcurrency ?? POLLERS) }, poll);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
      for (const timer of returning) clearTimeout(timer);
    },
  };
}

function assertValid(definition: EventSourceMappingDefinition, timeScale: number): void {
  const { batchSize, windowSeconds, maximumConcurrency = 2, queueArn } = definition;
  if (queueArn.endsWith('.fifo'))
    throw new AwsError('NotImplemented', `A FIFO queue as event source is not emulated: ${queueArn}`, 501);
  assertWithin('batchSize', batchSize, 1, 10_000);
  assertWithin('maximumBatchingWindowInSeconds', windowSeconds, 0, 300);
  assertWithin('scalingConfig.maximumConcurrency', maximumConcurrency, 2, 1000);
  if (batchSize > 10 && windowSeconds < 1)
    throw new AwsError(
      'InvalidParameterValueException',
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  if (!(timeScale > 0 && timeScale <= 1))
    throw new RangeError(
      `timeScale ${timeScale}: the queue keeps real time, so it must be above 0 and at most 1`,
    );
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  const bound = value < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${bound}`,
  );
}
