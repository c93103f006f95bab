import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { output, QUEUES, queueLength, TESTER } from './stack.ts';

/**
 * What the cloud has begun and not ended: events, executions, asynchronous invocations, messages.
 */
export class OpenWork {
  #eventsOnTheirWay = 0;
  #executions = 0;
  /** Events that Lambda has accepted and not dealt with. */
  #functionEvents = 0;
  /** Whether anything may have changed in the queues since they were looked at. */
  #queuesTouched: boolean;

  constructor() {
    this.#queuesTouched = false;
  }

  /** Delivers an S3 event. */
  async deliver(send: () => Promise<void>): Promise<void> {
    this.#eventsOnTheirWay++;
    await send();
    this.#eventsOnTheirWay--;
  }

  /** Something new is in the cloud's journal. */
  noteEntry(entry: JournalEntry): void {
    if (entry.kind === 'execution' && entry.state === undefined)
      this.#executions += entry.status === 'RUNNING' ? 1 : -1;
    if (isEndOfEvent(entry)) this.#functionEvents--;
  }

  /** A service has taken a call. */
  noteCall({ action, request }: AwsCall, { status }: AwsResponse): void {
    if (request.service === 'sqs' && request.caller !== TESTER) this.#queuesTouched = true;
    if (action === 'InvokeFunction' && status === 202) this.#functionEvents++;
  }

  /** The queues are to be looked at, whatever has been noted. */
  touchQueues(): void {
    this.#queuesTouched = true;
  }

  /** Whether nothing is open. The queues are asked only if they may have changed. */
  async isDone(cloud: LocalCloud): Promise<boolean> {
    if (this.#eventsOnTheirWay > 0 || this.#executions > 0 || this.#functionEvents > 0) return false;
    if (!this.#queuesTouched) return false;
    this.#queuesTouched = false;
    for (const queue of QUEUES) if ((await queueLength(cloud, output(cloud, queue))) > 0) return false;
    return true;
  }
}

/** Whether Lambda's log says that it dropped an event after its last attempt. */
export const isGivenUp = (line: string) => line.startsWith('Asynchronous event dropped');

/** The functions that are invoked asynchronously, by schedules. */
const TAKES_EVENTS = /Backup|SiteWatch/;

/** An asynchronous event of Lambda's has been dealt with, or given up. */
function isEndOfEvent(entry: JournalEntry): boolean {
  if (entry.kind === 'log') return isGivenUp(entry.line);
  return entry.kind === 'invocation' && entry.outcome === 'success' && TAKES_EVENTS.test(entry.functionName);
}
