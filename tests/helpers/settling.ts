import { z } from 'zod';
import { jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';

/**
 * Access key id of the tests. Their own calls say nothing about the program, so waiting ignores
 * them.
 */
export const TESTER = 'acceptance-test';

/** Only for what never comes: just below what a test may take on a busy machine. */
const LONGEST_WAIT_MS = 200_000;

/** Counts the S3 events between an upload and the queue. */
export function trackEvents(deliver: EventDelivery = (_, send) => send()) {
  const onTheirWay = new Set<Promise<void>>();
  return {
    onTheirWay,
    deliverEvent(event, send) {
      const delivery = deliver(event, send).finally(() => onTheirWay.delete(delivery));
      onTheirWay.add(delivery);
      return delivery;
    },
  } satisfies { onTheirWay: unknown; deliverEvent: EventDelivery };
}

export interface SettlingOptions {
  readonly cloud: Pick<LocalCloud, 'journal' | 'intercept' | 'callAws'>;
  /** Of the pipeline's stack. @throws Error when there is no such output */
  readonly output: (name: string) => string;
  readonly eventsOnTheirWay: ReadonlySet<unknown>;
}

/**
 * Waits for the pipeline: for one step, for what was uploaded to be collected, for everything to
 * end.
 */
export function createSettling(options: SettlingOptions) {
  const { cloud } = options;
  const pipeline = new Pipeline(options);

  /** The next thing the program does that matches; what happened before does not count. */
  const next = (matches: Matches, what: string, timeoutMs = LONGEST_WAIT_MS): Promise<JournalEntry> =>
    nextEntry(cloud, matches, what, timeoutMs);

  /** Waits until every event is collected, no refresh is open or running, and the mails are out. */
  const settled = (timeoutMs = LONGEST_WAIT_MS): Promise<void> =>
    until(() => pipeline.isSettled(), cloud, 'every refresh to end', timeoutMs);

  /** Waits until every event and request so far is in a refresh, or set aside. */
  const collected = (): Promise<void> =>
    until(() => pipeline.isCollected(), cloud, 'every change to be in a refresh', LONGEST_WAIT_MS);

  /**
   * Does something, and keeps the refresh that it opens from closing until everything is collected:
   * one refresh, however slow the machine.
   */
  async function inOneRefresh(work: () => Promise<unknown>): Promise<void> {
    const isComplete = Promise.withResolvers<void>();
    const remove = cloud.intercept(async (call, proceed) => {
      if (isLook(call)) await isComplete.promise;
      return proceed();
    });
    try {
      await work();
      await collected();
    } finally {
      remove();
      isComplete.resolve();
    }
  }

  return {
    /** Messages in a queue of the stack, those being worked on included. */
    queueLength: (queueUrlOutput: string) => pipeline.queueLength(queueUrlOutput),
    collected,
    settled,
    inOneRefresh,
    next,
  };
}

/** How far the work has come, asked by AWS calls. */
class Pipeline {
  readonly #cloud: SettlingOptions['cloud'];
  readonly #output: SettlingOptions['output'];
  readonly #eventsOnTheirWay: ReadonlySet<unknown>;

  constructor({ cloud, output, eventsOnTheirWay }: SettlingOptions) {
    this.#cloud = cloud;
    this.#output = output;
    this.#eventsOnTheirWay = eventsOnTheirWay;
  }

  async isCollected(): Promise<boolean> {
    return this.#eventsOnTheirWay.size === 0 && (await this.queueLength('SiteChangesQueueUrl')) === 0;
  }

  /** From upstream to downstream: every stage hands its work on before it lets go of it. */
  async isSettled(): Promise<boolean> {
    if (!(await this.isCollected())) return false;
    if (await this.#isRunning()) return false;
    return (await this.queueLength('MailQueueUrl')) === 0;
  }

  async queueLength(queueUrlOutput: string): Promise<number> {
    const input = { QueueUrl: this.#output(queueUrlOutput), AttributeNames: ['All'] };
    const answer = await this.#ask('sqs', 'AmazonSQS.GetQueueAttributes', input);
    const { Attributes } = QueueAttributes.parse(answer);
    return Attributes.ApproximateNumberOfMessages + Attributes.ApproximateNumberOfMessagesNotVisible;
  }

  async #isRunning(): Promise<boolean> {
    const stateMachineArn = this.#output('RefreshStateMachineArn');
    const input = { stateMachineArn, statusFilter: 'RUNNING', maxResults: 1 };
    const { executions } = Executions.parse(
      await this.#ask('states', 'AWSStepFunctions.ListExecutions', input),
    );
    return executions.length > 0;
  }

  /** An AWS call without an SDK: waiting asks often. */
  async #ask(service: string, target: string, input: object): Promise<unknown> {
    const { status, body } = await this.#cloud.callAws(jsonRequest(service, target, input, TESTER));
    if (status !== 200) throw new Error(`${target} answered ${status}: ${body}`);
    return JSON.parse(String(body));
  }
}

type Matches = (entry: JournalEntry) => boolean;
type Journaled = Pick<LocalCloud, 'journal'>;

function nextEntry({ journal }: Journaled, matches: Matches, what: string, timeoutMs: number) {
  return new Promise<JournalEntry>((resolve, reject) => {
    const unsubscribe = journal.subscribe(entry => {
      if (!isOwnCall(entry) && matches(entry)) settle(() => resolve(entry));
    });
    const timer = setTimeout(
      () => settle(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`))),
      timeoutMs,
    );
    const settle = (end: () => void) => {
      clearTimeout(timer);
      unsubscribe();
      end();
    };
  });
}

/** Looks again whenever a queue may have got shorter or an execution has ended. */
async function until(
  isSo: () => Promise<boolean>,
  cloud: Journaled,
  what: string,
  timeoutMs: number,
): Promise<void> {
  for (;;) {
    const moved = nextEntry(cloud, mayHaveSettled, what, timeoutMs);
    // When it is so already, nobody waits for the next entry.
    moved.catch(() => undefined);
    if (await isSo()) return;
    await moved;
  }
}

const QueueAttributes = z.object({
  Attributes: z.object({
    ApproximateNumberOfMessages: z.coerce.number(),
    ApproximateNumberOfMessagesNotVisible: z.coerce.number(),
  }),
});

const Executions = z.object({ executions: z.array(z.unknown()) });

/**
 * The state machine reads how far the collectors are: a refresh closes after a look that finds
 * nothing new.
 */
export function isLook({ action, request }: AwsCall): boolean {
  return action === 'GetItem' && request.caller.includes('StateMachine');
}

function mayHaveSettled(entry: JournalEntry): boolean {
  if (entry.kind === 'execution') return entry.state === undefined;
  return entry.kind === 'call' && /^(Send|Receive|Delete)Message/.test(entry.action);
}

function isOwnCall(entry: JournalEntry): boolean {
  return entry.kind === 'call' && entry.caller === TESTER;
}
