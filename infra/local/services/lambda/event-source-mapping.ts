import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import type { Journal } from '../../kernel/journal.ts';
import { failedMessageIds } from './batch-response.ts';
import type { FunctionPool } from './function-pool.ts';
import { countFitting, eventOf, type ReceivedMessage } from './sqs-event.ts';
import { createSqsQueue, type SqsQueue } from './sqs-queue.ts';
import { createStopping } from './stopping.ts';

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
  /** The queue's: a message that was not deleted is received again after it. */
  readonly visibilityTimeoutSeconds: number;
}

export interface EventSourceMappingDependencies {
  readonly callAws: AwsService;
  /** The function's role: it needs to receive and delete. */
  readonly caller: string;
  readonly invoke: FunctionPool['invoke'];
  readonly journal: Journal;
  /**
   * Real seconds per AWS second, above 0 and at most 1: window, visibility timeout and back-off.
   */
  readonly timeScale: number;
}

/** AWS begins with five and would add more under load; here they stay five. */
const POLLERS = 5;
const LONGEST_POLL_SECONDS = 20;
/** Within the last second of a window ReceiveMessage cannot wait, it only takes whole seconds. */
const SHORT_POLL_PAUSE_MS = 50;
const BACK_OFF_SECONDS = { first: 1, longest: 30 };

/**
 * Polls a standard queue and invokes a function with batches, until stopped. A failed batch stays
 * in the queue, and the poller that had it backs off.
 *
 * @throws AwsError InvalidParameterValueException, ValidationException for what AWS refuses;
 * NotImplemented for FIFO queues
 */
export function startEventSourceMapping(
  definition: EventSourceMappingDefinition,
  dependencies: EventSourceMappingDependencies,
): { stop(): Promise<void> } {
  assertValid(definition, dependencies.timeScale);
  const mapping = new EventSourceMapping(definition, dependencies);
  const count = Math.min(POLLERS, definition.maximumConcurrency ?? POLLERS);
  const pollers = Array.from({ length: count }, () => mapping.poll());
  return {
    async stop() {
      mapping.stopping.abort();
      await Promise.all(pollers);
      mapping.forgetReturning();
    },
  };
}

class EventSourceMapping {
  readonly stopping = createStopping();
  readonly #definition: EventSourceMappingDefinition;
  readonly #dependencies: EventSourceMappingDependencies;
  readonly #queue: SqsQueue;
  readonly #returning = new Set<NodeJS.Timeout>();

  constructor(definition: EventSourceMappingDefinition, dependencies: EventSourceMappingDependencies) {
    this.#definition = definition;
    this.#dependencies = dependencies;
    const onError = (what: string, error: unknown) => this.#note(what, error);
    this.#queue = createSqsQueue({ ...definition, ...dependencies, onError });
  }

  async poll(): Promise<void> {
    const pending: ReceivedMessage[] = [];
    let backOff = 0;
    while (!this.stopping.aborted) {
      const isHealthy = await this.#work(pending);
      backOff = isHealthy ? 0 : Math.min(BACK_OFF_SECONDS.longest, backOff * 2 || BACK_OFF_SECONDS.first);
      if (backOff > 0) await this.stopping.pause(this.#scaledMs(backOff));
    }
    await this.#giveBack(pending);
  }

  forgetReturning(): void {
    for (const timer of this.#returning) clearTimeout(timer);
  }

  /**
   * One batch from the first poll to its deletion.
   *
   * @returns whether the poller may go on at once
   */
  async #work(pending: ReceivedMessage[]): Promise<boolean> {
    try {
      const count = await this.#gather(pending);
      if (count === 0 || this.stopping.aborted) return true;
      const batch = pending.splice(0, count);
      const failed = await this.#invoke(batch);
      const kept = await this.#queue.remove(batch.filter(message => !failed.includes(message)));
      this.#returnAfterVisibilityTimeout([...failed, ...kept]);
      return failed.length < batch.length;
    } catch (error) {
      this.#note('the queue could not be polled', error);
      return false;
    }
  }

  /**
   * Adds to `pending` until it holds a batch: full, 6 MB, or its window over. AWS may wait for the
   * end of a 20-second poll even if the window is shorter; here the window is exact.
   */
  async #gather(pending: ReceivedMessage[]): Promise<number> {
    const { batchSize, windowSeconds } = this.#definition;
    if (pending.length === 0) pending.push(...(await this.#receive(batchSize, LONGEST_POLL_SECONDS)));
    const windowEnd = performance.now() + this.#scaledMs(windowSeconds);
    let fitting = countFitting(pending);
    while (fitting > 0 && fitting === pending.length && fitting < batchSize && !this.stopping.aborted) {
      const leftMs = windowEnd - performance.now();
      if (leftMs <= 0) break;
      const waitSeconds = Math.min(LONGEST_POLL_SECONDS, Math.floor(leftMs / 1000));
      const more = await this.#receive(batchSize - pending.length, waitSeconds);
      pending.push(...more);
      fitting = countFitting(pending);
      if (more.length === 0 && waitSeconds === 0)
        await this.stopping.pause(Math.min(leftMs, SHORT_POLL_PAUSE_MS));
    }
    return fitting;
  }

  async #receive(atMost: number, waitSeconds: number): Promise<ReceivedMessage[]> {
    const answer = this.#queue.receive(atMost, waitSeconds);
    const messages = await this.stopping.untilStopped(answer);
    if (messages !== undefined) return messages;
    // The long poll outlives the mapping: the messages that it still receives are given back.
    answer
      .then(late => this.#giveBack(late))
      .catch((error: unknown) => this.#note('a poll failed after the end', error));
    return [];
  }

  async #giveBack(messages: readonly ReceivedMessage[]): Promise<void> {
    await Promise.all(messages.map(message => this.#queue.release(message)));
  }

  /** @returns the messages that failed */
  async #invoke(batch: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    const { functionName, reportBatchItemFailures } = this.#definition;
    try {
      const result = await this.#dependencies.invoke(functionName, eventOf(batch));
      const ids = batch.map(message => message.messageId);
      const failed = failedMessageIds(ids, result, reportBatchItemFailures);
      return batch.filter(message => failed.has(message.messageId));
    } catch (error) {
      this.#note('the function could not be invoked', error);
      return batch;
    }
  }

  /**
   * The queue keeps real time and returns messages by itself; a scaled timeout is ended by
   * hand. It never overtakes a running invocation, because functions run in real time.
   */
  #returnAfterVisibilityTimeout(messages: readonly ReceivedMessage[]): void {
    if (this.#dependencies.timeScale === 1 || this.stopping.aborted) return;
    for (const message of messages) {
      const dueAt = message.receivedAt + this.#scaledMs(this.#definition.visibilityTimeoutSeconds);
      const leftMs = Math.max(0, dueAt - performance.now());
      const timer = setTimeout(() => {
        this.#returning.delete(timer);
        void this.#queue.release(message);
      }, leftMs);
      this.#returning.add(timer);
    }
  }

  #scaledMs(seconds: number): number {
    return seconds * 1000 * this.#dependencies.timeScale;
  }

  #note(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const line = `Event source mapping: ${what}: ${reason}`;
    this.#dependencies.journal.record({ kind: 'log', functionName: this.#definition.functionName, line });
  }
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
