import { setImmediate } from 'node:timers/promises';
import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { type Actor, actAs, newActor } from './actors.ts';
import type { Guard } from './guards.ts';
import { type InProcessFunctions, type Invocation, isInvocation } from './in-process-functions.ts';
import { type LongPolls, messagesIn, queueNameOf, withoutWaiting } from './long-polls.ts';
import type { OpenWork } from './open-work.ts';
import type { Random } from './random.ts';
import { TESTER } from './stack.ts';
import { type Fault, type Turn, Turns } from './turns.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a run decides about calls. */
export interface Direction {
  /** Which of the calls that wait goes next. @default the one that waits longest */
  readonly choose?: (waiting: number, random: Random) => number;
  /** The fault that a call meets, if any. */
  readonly faultFor?: (turn: Turn, random: Random) => Fault | undefined;
  /** A guard that the calls lack. */
  readonly without?: Guard;
}

/** A call that a service took, whatever its caller heard of it. */
export interface Applied extends AwsCall {
  readonly invocation: Invocation | undefined;
  readonly status: number;
}

/** What the director directs. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly functions: InProcessFunctions;
  readonly work: OpenWork;
  readonly polls: LongPolls;
  /** When a story must have come to its end, in milliseconds since the epoch. */
  readonly latest: number;
}

/** Turns of the event loop in which nothing happens before the actors count as waiting. */
const STILL_TURNS = 4;
/** Turns of the event loop after which something must be stuck. */
const PATIENCE_TURNS = 2_000_000;

/** Has the calls to the cloud happen one at a time, and time pass when nothing else can happen. */
export class Director {
  /** Every turn so far, in order. */
  readonly trace: string[] = [];
  readonly applied: Applied[] = [];
  readonly #direction: Direction;
  readonly #stage: Stage;
  readonly #turns = new Turns();
  /** Services that perform a call. */
  readonly #performers = new Set<Actor>();
  /** Who has sent a request. */
  readonly #senders = new WeakMap<AwsRequest, Invocation>();
  /** The director's own requests, which pass at once. */
  readonly #own = new WeakSet<AwsRequest>();
  /** Counts whatever happens: while it stands still, nothing does. */
  #activity = 0;
  #isPlaying: boolean;

  constructor(direction: Direction, stage: Stage) {
    this.#direction = direction;
    this.#stage = stage;
    this.#isPlaying = false;
    stage.cloud.journal.subscribe(entry => {
      this.#activity++;
      stage.work.noteEntry(entry);
    });
    stage.cloud.intercept((call, next) => this.#direct(call, next));
  }

  /** Sends a request to the cloud, in the name of the function that makes it. */
  send(request: AwsRequest, sender: Actor | undefined): Promise<AwsResponse> {
    this.#activity++;
    if (!isInvocation(sender)) return this.#stage.cloud.callAws(request);
    const named = { ...request, caller: sender.definition.roleAccessKeyId };
    this.#senders.set(named, sender);
    return this.#stage.cloud.callAws(named);
  }

  /** Plays until `story` is told and everything that it caused has come to an end. */
  async play(story: () => Promise<void>): Promise<void> {
    const { cloud, time, functions, work, latest } = this.#stage;
    this.#isPlaying = true;
    work.touchQueues();
    let isTold = false;
    const telling = story().finally(() => {
      isTold = true;
    });
    telling.catch(() => undefined);
    for (;;) {
      await this.rest();
      if (this.#giveTurn()) continue;
      if (isTold && functions.invocations.size === 0 && (await work.isDone(cloud))) break;
      if (!time.advance(latest)) throw new Error('It never settles');
    }
    await telling;
    this.#isPlaying = false;
  }

  /** From now on calls happen at once. */
  stop(): void {
    this.#isPlaying = false;
  }

  /** Waits until whoever acts waits for something that is brought about here. */
  async rest(): Promise<void> {
    let still = 0;
    for (let turns = 0; still < STILL_TURNS; turns++) {
      if (turns > PATIENCE_TURNS) throw new Error('Somebody acts without end');
      const before = this.#activity;
      await setImmediate();
      still = this.#activity === before && this.#isNobodyBusy() ? still + 1 : 0;
    }
  }

  #isNobodyBusy(): boolean {
    const isBusy = (actor: Actor) => actor.waits === 0;
    return (
      ![...this.#performers].some(isBusy) &&
      ![...this.#stage.functions.invocations].some(isBusy) &&
      !process.getActiveResourcesInfo().some(isFileRead)
    );
  }

  #giveTurn(): boolean {
    const { choose = () => 0 } = this.#direction;
    const isGiven = this.#turns.give(waiting => choose(waiting, this.#stage.random));
    if (isGiven) this.#activity++;
    return isGiven;
  }

  #direct(call: AwsCall, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
    const { request, action } = call;
    if (this.#own.has(request)) return next();
    const ask = (other: AwsRequest) => {
      this.#own.add(other);
      return this.#stage.cloud.callAws(other);
    };
    const take = (follow: () => Promise<AwsResponse>) =>
      this.#isPlaying && request.caller !== TESTER
        ? this.#takeTurn(call, follow)
        : this.#perform(call, follow);
    if (action !== 'ReceiveMessage' || request.caller === TESTER)
      return take(() => this.#direction.without?.without(call, ask) ?? next());
    return this.#stage.polls.receive(queueNameOf(request), () => take(() => ask(withoutWaiting(request))));
  }

  async #takeTurn(call: AwsCall, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
    this.#activity++;
    const turn = await this.#turns.take(call, this.#senders.get(call.request));
    this.trace.push(`${turn.number} ${this.#stage.time.now()} ${call.request.caller} ${call.action}`);
    const act = () => this.#perform(call, next);
    return this.#direction.faultFor?.(turn, this.#stage.random)?.(turn, act) ?? act();
  }

  async #perform(call: AwsCall, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
    const { polls, work } = this.#stage;
    const answer = await actFor(this.#performers, next);
    this.applied.push({ ...call, invocation: this.#senders.get(call.request), status: answer.status });
    work.noteCall(call, answer);
    if (call.action === 'SendMessage') polls.wake(queueNameOf(call.request));
    if (call.action === 'ReceiveMessage') polls.gaveOut(queueNameOf(call.request), messagesIn(answer));
    this.#activity++;
    return answer;
  }
}

/** Clients of AWS read files at their first call. */
const isFileRead = (resource: string) => resource.startsWith('FSReq') || resource.startsWith('CloseReq');

async function actFor<T>(acting: Set<Actor>, work: () => Promise<T>): Promise<T> {
  const actor = newActor();
  acting.add(actor);
  try {
    return await actAs(actor, work);
  } finally {
    acting.delete(actor);
  }
}
