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
export function createSettling({ cloud, output, eventsOnTheirWay }: SettlingOptions) {
  /** An AWS call without an SDK: waiting asks often. */
  async function ask(service: string, target: string, input: object): Promise<unknown> {
    const { status, body } = await cloud.callAws(jsonRequest(service, target, input, TESTER));
    if (status !== 200) throw new Error(`${target} answered ${status}: ${body}`);
    return JSON.parse(String(body));
  }

  /** Messages in a queue of the stack, those in work included. */
  async function queueLength(queueUrlOutput: string): Promise<number> {
    const input = { QueueUrl: output(queueUrlOutput), AttributeNames: ['All'] };
    const { Attributes } = QueueAttributes.parse(await ask('sqs', 'AmazonSQS.GetQueueAttributes', input));
    return Attributes.ApproximateNumberOfMessages + Attributes.ApproximateNumberOfMessagesNotVisible;
  }

  async function isRunning(): Promise<boolean> {
    const input = {
      stateMachineArn: output('RefreshStateMachineArn'),
      statusFilter: 'RUNNING',
      maxResults: 1,
    };
    const { executions } = Executions.parse(await ask('states', 'AWSStepFunctions.ListExecutions', input));
    return executions.length > 0;
  }

  async function isCollected(): Promise<boolean> {
    return eventsOnTheirWay.size === 0 && (await queueLength('SiteChangesQueueUrl')) === 0;
  }

  /** From upstream to downstream: every stage hands its work on before it lets go of it. */
  async function isSettled(): Promise<boolean> {
    if (!(await isCollected())) return false;
    if (await isRunning()) return false;
    return (await queueLength('MailQueueUrl')) === 0;
  }

  /** Waits until every event is collected, no refresh is open or running, and the mails are out. */
  const settled = (timeoutMs = LONGEST_WAIT_MS) => until(isSettled, 'every refresh to end', timeoutMs);

  /** Waits until every event and request so far is in a refresh, or set aside. */
  const collected = () => until(isCollected, 'every change to be in a refresh', LONGEST_WAIT_MS);

  /** Looks again whenever a queue may have got shorter or an execution has ended. */
  async function until(isSo: () => Promise<boolean>, what: string, timeoutMs: number): Promise<void> {
    for (;;) {
      const moved = next(mayHaveSettled, what, timeoutMs);
      // When it is so already, nobody waits for the next entry.
      moved.catch(() => undefined);
      if (await isSo()) return;
      await moved;
    }
  }

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

  /** The next thing the program does that matches; what happened before does not count. */
  function next(
    matches: (entry: JournalEntry) => boolean,
    what: string,
    timeoutMs = LONGEST_WAIT_MS,
  ): Promise<JournalEntry> {
    return new Promise((resolve, reject) => {
      const unsubscribe = cloud.journal.subscribe(entry => {
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

  return { queueLength, collected, settled, inOneRefresh, next };
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
