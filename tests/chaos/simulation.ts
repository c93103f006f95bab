import { setImmediate } from 'node:timers/promises';
import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { type Actor, actAs, newActor } from './actors.ts';
import { isOfDeployment, startDeploymentFunction } from './deployment-function.ts';
import { edgeOrNetwork } from './edge-fetch.ts';
import type { Guard } from './guards.ts';
import { createInProcessFunctions, type Invocation, isInvocation } from './in-process-functions.ts';
import { installInProcessHttp } from './in-process-http.ts';
import { createLongPolls, messagesIn, queueNameOf, withoutWaiting } from './long-polls.ts';
import { createRandom, type Random } from './random.ts';
import { seedRandomness } from './seed-randomness.ts';
import { output, POINTS_OF_PRESENCE, QUEUES, queueAttributes, queueLength, TESTER } from './stack.ts';
import { installVirtualTime, type VirtualTime } from './virtual-time.ts';

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

export interface SimulationOptions {
  readonly seed: number;
  /** Which of the calls that wait goes next. @default the one that waits longest */
  readonly choose?: (waiting: number, random: Random) => number;
  /** The fault that a call meets, if any. */
  readonly faultFor?: (turn: Turn, random: Random) => Fault | undefined;
  /** How far the clock of a new function host is ahead, in milliseconds. @default 0 */
  readonly newSkewMs?: (random: Random) => number;
  /** A guard that the calls lack. */
  readonly without?: Guard;
  /** From CreateInvalidation to `Completed`. @default 3 s */
  readonly invalidationDelayMs?: () => number;
  /** How an S3 event travels. @default once, at once */
  readonly deliverEvent?: (send: () => Promise<void>, random: Random) => Promise<void>;
}

/** A call that a service took, whatever its caller heard of it. */
export interface Applied extends AwsCall {
  readonly invocation: Invocation | undefined;
  readonly status: number;
}

export interface Simulation {
  readonly cloud: LocalCloud;
  readonly time: VirtualTime;
  readonly random: Random;
  /** Every turn so far, in order: tells whether two runs were the same. */
  readonly trace: readonly string[];
  readonly applied: readonly Applied[];
  /** Plays until `story` is told and everything that it caused has come to an end. */
  play(story: () => Promise<void>): Promise<void>;
}

/** A call that waits for its turn. */
interface Waiting {
  /** Counts the rests: calls that came between two of them came together. */
  readonly since: number;
  readonly what: string;
  readonly go: () => void;
  readonly isDead: () => boolean;
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

/** Ten in the morning, so that no run of some hours meets the nightly backup. */
const BEGINNING = Date.parse('2026-11-02T10:00:00Z');
const LONGEST_MS = 14 * 3_600_000;
/** Turns of the event loop in which nothing happens before the actors count as waiting. */
const STILL_TURNS = 4;
/** Turns of the event loop after which something must be stuck. */
const PATIENCE_TURNS = 2_000_000;

const time = installVirtualTime();
let target: (call: AwsCall['request'], sender: Actor | undefined) => Promise<AwsResponse> = () =>
  Promise.reject(new Error('No local cloud runs'));
installInProcessHttp((request, sender) => target(request, sender));
/**
 * The same for every cloud of this process: modules of functions are loaded once, and know the
 * addresses.
 */
let ports = { site: 0, api: 0, inbox: 0, aws: 0 };
let permissions: LocalCloud['permissions'] | undefined;

/**
 * The whole system on this machine as the local cloud runs it, but in one process, one call at a
 * time in an order that the seed decides, and in a time that passes when nothing else is left to
 * do. The same seed plays the same.
 */
export async function simulate<T>(
  options: SimulationOptions,
  use: (simulation: Simulation) => Promise<T>,
): Promise<T> {
  const random = createRandom(options.seed);
  seedRandomness(options.seed);
  time.reset(BEGINNING);
  const waiting: Waiting[] = [];
  const acting = new Set<Actor>();
  const senders = new WeakMap<AwsCall['request'], Invocation>();
  const trace: string[] = [];
  const applied: Applied[] = [];
  let [activity, calls, rests, eventsOnTheirWay, executionsRunning, functionEvents] = [0, 0, 0, 0, 0, 0];
  let [isPlaying, queuesTouched] = [false, false];

  const functions = createInProcessFunctions(() => options.newSkewMs?.(random) ?? 0, options.seed);
  const cloud = await startLocalCloud({
    assemblyDirectory: ASSEMBLY,
    deployWebsite: false,
    alarms: false,
    pointsOfPresence: POINTS_OF_PRESENCE,
    ports,
    ...(options.invalidationDelayMs === undefined
      ? {}
      : { invalidationDelayMs: options.invalidationDelayMs }),
    ...(permissions === undefined ? {} : { permissions }),
    startEnvironment: definition =>
      isOfDeployment(definition) ? startDeploymentFunction(definition) : functions.start(definition),
    verifiedSenders: ['student-site@example.com'],
    async deliverEvent(_, send) {
      eventsOnTheirWay++;
      await (options.deliverEvent?.(send, random) ?? send());
      eventsOnTheirWay--;
    },
  });
  ports = portsOf(cloud);
  permissions = cloud.permissions;
  cloud.journal.subscribe(entry => {
    activity++;
    if (entry.kind === 'execution' && entry.state === undefined)
      executionsRunning += entry.status === 'RUNNING' ? 1 : -1;
    if (isEndOfEvent(entry)) functionEvents--;
  });

  target = (request, sender) => {
    activity++;
    if (!isInvocation(sender)) return cloud.callAws(request);
    const named = { ...request, caller: sender.definition.roleAccessKeyId };
    senders.set(named, sender);
    return cloud.callAws(named);
  };
  globalThis.fetch = (url, init) => edgeOrNetwork(cloud, String(url), init);

  const visibility = new Map<string, number>();
  for (const name of QUEUES) {
    const { VisibilityTimeout, QueueArn = '' } = await queueAttributes(cloud, output(cloud, name));
    visibility.set(QueueArn.slice(QueueArn.lastIndexOf(':') + 1), Number(VisibilityTimeout));
  }
  const polls = createLongPolls(queue => visibility.get(queue) ?? 0);
  const withoutTurn = new WeakSet<AwsRequest>();

  async function perform(call: AwsCall, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
    const answer = await actFor(acting, next);
    applied.push({ ...call, invocation: senders.get(call.request), status: answer.status });
    if (call.request.service === 'sqs' && call.request.caller !== TESTER) queuesTouched = true;
    if (call.action === 'SendMessage') polls.wake(queueNameOf(call.request));
    if (call.action === 'ReceiveMessage') polls.gaveOut(queueNameOf(call.request), messagesIn(answer));
    if (call.action === 'InvokeFunction' && answer.status === 202) functionEvents++;
    activity++;
    return answer;
  }

  async function inTurn(call: AwsCall, next: () => Promise<AwsResponse>): Promise<AwsResponse> {
    const invocation = senders.get(call.request);
    const turn = Promise.withResolvers<void>();
    waiting.push({
      since: rests,
      what: `${call.request.caller} ${call.action}`,
      go: turn.resolve,
      isDead: () => invocation?.dead ?? false,
    });
    activity++;
    await turn.promise;
    const numbered: Turn = { ...call, number: calls++, ...(invocation === undefined ? {} : { invocation }) };
    trace.push(`${numbered.number} ${time.now()} ${call.request.caller} ${call.action}`);
    const act = () => perform(call, next);
    return options.faultFor?.(numbered, random)?.(numbered, act) ?? act();
  }

  cloud.intercept((call, next) => {
    const { request, action } = call;
    if (withoutTurn.has(request)) return next();
    const ask = (other: AwsRequest) => {
      withoutTurn.add(other);
      return cloud.callAws(other);
    };
    const take = (follow: typeof next) =>
      isPlaying && request.caller !== TESTER ? inTurn(call, follow) : perform(call, follow);
    if (action !== 'ReceiveMessage' || request.caller === TESTER)
      return take(() => options.without?.without(call, ask) ?? next());
    return polls.receive(queueNameOf(request), () => take(() => ask(withoutWaiting(request))));
  });

  /** Until whoever acts waits for something that is brought about here. */
  async function atRest(): Promise<void> {
    let still = 0;
    for (let turns = 0; still < STILL_TURNS; turns++) {
      if (turns > PATIENCE_TURNS) throw new Error('Somebody acts without end');
      const before = activity;
      await setImmediate();
      const isBusy = (actor: Actor) => actor.waits === 0;
      const isStill =
        activity === before &&
        ![...acting].some(isBusy) &&
        ![...functions.invocations].some(isBusy) &&
        !process.getActiveResourcesInfo().some(isFileRead);
      still = isStill ? still + 1 : 0;
    }
  }

  async function isSettled(): Promise<boolean> {
    if (eventsOnTheirWay > 0 || executionsRunning > 0 || functions.invocations.size > 0 || functionEvents > 0)
      return false;
    if (!queuesTouched) return false;
    queuesTouched = false;
    for (const queue of QUEUES) if ((await queueLength(cloud, output(cloud, queue))) > 0) return false;
    return true;
  }

  /** Has one of the calls that wait happen; false when none does. */
  function giveTurn(): boolean {
    for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]?.isDead()) waiting.splice(i, 1);
    if (waiting.length === 0) return false;
    waiting.sort(inOrder);
    rests++;
    const [turn] = waiting.splice(options.choose?.(waiting.length, random) ?? 0, 1);
    activity++;
    turn?.go();
    return true;
  }

  async function play(story: () => Promise<void>): Promise<void> {
    isPlaying = true;
    queuesTouched = true;
    let isTold = false;
    const telling = story().finally(() => {
      isTold = true;
    });
    telling.catch(() => undefined);
    for (;;) {
      await atRest();
      if (giveTurn()) continue;
      if (isTold && (await isSettled())) break;
      if (!time.advance(BEGINNING + LONGEST_MS)) throw new Error('It never settles');
    }
    await telling;
    isPlaying = false;
  }

  // By then the tables are there, and the first polls, which began before anyone looked on, are
  // over.
  while (time.advance(BEGINNING + 21_000)) await atRest();
  try {
    return await use({ cloud, time, random, trace, applied, play });
  } finally {
    isPlaying = false;
    await cloud.stop();
  }
}

/** Clients of AWS read files at their first call. */
const isFileRead = (resource: string) => resource.startsWith('FSReq') || resource.startsWith('CloseReq');

/** Whether Lambda's log says that it dropped an event after its last attempt. */
export const isGivenUp = (line: string) => line.startsWith('Asynchronous event dropped');

/** An asynchronous event of Lambda's has been dealt with, or given up. */
function isEndOfEvent(entry: JournalEntry): boolean {
  if (entry.kind === 'log') return isGivenUp(entry.line);
  return entry.kind === 'invocation' && entry.outcome === 'success' && entry.functionName.includes('Backup');
}

function portsOf({ siteUrl, inboxUrl, endpoint, outputs }: LocalCloud) {
  const port = (url = '') => Number(new URL(url).port);
  return { site: port(siteUrl), api: port(outputs['ApiUrl']), inbox: port(inboxUrl), aws: port(endpoint) };
}

async function actFor<T>(acting: Set<Actor>, work: () => Promise<T>): Promise<T> {
  const actor = newActor();
  acting.add(actor);
  try {
    return await actAs(actor, work);
  } finally {
    acting.delete(actor);
  }
}
