import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { Invocation } from './in-process-functions.ts';

/** A call on its way through the local endpoint. */
export interface Turn extends AwsCall {
  /** Counted in the order in which calls are applied, from 0. */
  readonly number: number;
  /**
   * The run of a function that makes it; absent for calls of services, and of the state machine.
   */
  readonly invocation?: Invocation;
}

/** Answers instead of the call, or makes the call by `next` and changes its answer. */
export type Fault = (turn: Turn, next: () => Promise<AwsResponse>) => Promise<AwsResponse>;

/** A call that waits for its turn. */
interface Waiting {
  /** Counts the turns: calls that came between two of them came together. */
  readonly since: number;
  readonly what: string;
  readonly go: () => void;
  readonly isDead: () => boolean;
}

/** The calls that wait for their turn. */
export class Turns {
  #waiting: Waiting[] = [];
  #given = 0;
  #taken = 0;

  /** Waits until it is this call's turn. */
  async take(call: AwsCall, invocation: Invocation | undefined): Promise<Turn> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push({
      since: this.#given,
      what: `${call.request.caller} ${call.action}`,
      go: turn.resolve,
      isDead: () => invocation?.dead ?? false,
    });
    await turn.promise;
    return { ...call, number: this.#taken++, ...(invocation === undefined ? {} : { invocation }) };
  }

  /**
   * Gives one of the calls that wait its turn; false when none does.
   *
   * @param choose which one, of so many
   */
  give(choose: (waiting: number) => number): boolean {
    this.#waiting = this.#waiting.filter(({ isDead }) => !isDead()).sort(inOrder);
    if (this.#waiting.length === 0) return false;
    this.#given++;
    const [next] = this.#waiting.splice(choose(this.#waiting.length), 1);
    next?.go();
    return true;
  }
}

/**
 * Which of two clients is ready first depends on what the process has loaded, so calls that came
 * together are sorted.
 */
function inOrder(a: Waiting, b: Waiting): number {
  if (a.since !== b.since) return a.since - b.since;
  if (a.what === b.what) return 0;
  return a.what < b.what ? -1 : 1;
}
