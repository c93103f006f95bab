import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { EXISTING } from '../fixtures/existing-names.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import type { Actor } from './actors.ts';
import { isOfDeployment, startDeploymentFunction } from './deployment-function.ts';
import { type Applied, type Direction, Director } from './director.ts';
import { edgeOrNetwork } from './edge-fetch.ts';
import { createInProcessFunctions, type InProcessFunctions } from './in-process-functions.ts';
import { installInProcessHttp } from './in-process-http.ts';
import { keepDescription } from './known-site.ts';
import { createLongPolls } from './long-polls.ts';
import { OpenWork } from './open-work.ts';
import { createRandom, type Random } from './random.ts';
import { seedRandomness } from './seed-randomness.ts';
import { output, POINTS_OF_PRESENCE, QUEUES, queueAttributes } from './stack.ts';
import { installVirtualTime, type VirtualTime } from './virtual-time.ts';

export interface SimulationOptions extends Direction {
  readonly seed: number;
  /** How far the clock of a new function host is ahead, in milliseconds. @default 0 */
  readonly newSkewMs?: (random: Random) => number;
  /** From CreateInvalidation to `Completed`. @default 3 s */
  readonly invalidationDelayMs?: () => number;
  /** @default that of the synthesised stacks */
  readonly assemblyDirectory?: string;
  /** How an S3 event travels. @default once, at once */
  readonly deliverEvent?: (send: () => Promise<void>, random: Random) => Promise<void>;
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

/** Ten in the morning, so that no run of some hours meets the nightly backup. */
const BEGINNING = Date.parse('2026-11-02T10:00:00Z');
const LONGEST_MS = 14 * 3_600_000;
/** By then the tables are there, and the first polls, which nobody directs, are over. */
const READY_AFTER_MS = 21_000;

const time = installVirtualTime();
let target: (request: AwsRequest, sender: Actor | undefined) => Promise<AwsResponse> = () =>
  Promise.reject(new Error('No local cloud runs'));
installInProcessHttp((request, sender) => target(request, sender));
/**
 * The same for every cloud of this process: modules of functions are loaded once, and know the
 * addresses.
 */
let ports = { site: 0, api: 0, inbox: 0, aws: 0 };
/** What was decided about them, by assembly. */
const permissions = new Map<string, LocalCloud['permissions']>();

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
  const functions = createInProcessFunctions(() => options.newSkewMs?.(random) ?? 0, options.seed);
  const work = new OpenWork();
  const cloud = await startCloud(options, { random, functions, work });
  const visibilitySeconds = await visibilitySecondsOf(cloud);
  const polls = createLongPolls(queue => visibilitySeconds.get(queue) ?? 0);
  const latest = BEGINNING + LONGEST_MS;
  const director = new Director(options, { cloud, time, random, functions, work, polls, latest });
  target = (request, sender) => director.send(request, sender);
  globalThis.fetch = (url, init) => edgeOrNetwork(cloud, String(url), init);
  while (time.advance(BEGINNING + READY_AFTER_MS)) await director.rest();
  try {
    await keepDescription(cloud);
    const { trace, applied } = director;
    return await use({ cloud, time, random, trace, applied, play: story => director.play(story) });
  } finally {
    director.stop();
    await cloud.stop();
  }
}

interface Parts {
  readonly random: Random;
  readonly functions: InProcessFunctions;
  readonly work: OpenWork;
}

async function startCloud(
  { invalidationDelayMs, deliverEvent, assemblyDirectory = ASSEMBLY }: SimulationOptions,
  { random, functions, work }: Parts,
): Promise<LocalCloud> {
  const decided = permissions.get(assemblyDirectory);
  const cloud = await startLocalCloud({
    assemblyDirectory,
    deployWebsite: false,
    alarms: false,
    pointsOfPresence: POINTS_OF_PRESENCE,
    ports,
    ...(invalidationDelayMs === undefined ? {} : { invalidationDelayMs }),
    ...(decided === undefined ? {} : { permissions: decided }),
    startEnvironment: definition =>
      isOfDeployment(definition) ? startDeploymentFunction(definition) : functions.start(definition),
    verifiedSenders: [EXISTING.owner],
    deliverEvent: (_, send) => work.deliver(() => deliverEvent?.(send, random) ?? send()),
  });
  ports = portsOf(cloud);
  permissions.set(assemblyDirectory, cloud.permissions);
  return cloud;
}

function portsOf({ siteUrl, inboxUrl, endpoint, outputs }: LocalCloud) {
  const port = (url = '') => Number(new URL(url).port);
  return { site: port(siteUrl), api: port(outputs['ApiUrl']), inbox: port(inboxUrl), aws: port(endpoint) };
}

/** How long each queue hides a received message, by the queue's name. */
async function visibilitySecondsOf(cloud: LocalCloud): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>();
  for (const name of QUEUES) {
    const { VisibilityTimeout, QueueArn = '' } = await queueAttributes(cloud, output(cloud, name));
    seconds.set(QueueArn.slice(QueueArn.lastIndexOf(':') + 1), Number(VisibilityTimeout));
  }
  return seconds;
}
