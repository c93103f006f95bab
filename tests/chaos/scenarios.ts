import { assemblyDirectory } from '../../infra/assembly.ts';
import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { BRIDGED } from '../helpers/assembly.ts';
import { type School, sleep, studentWith } from './school.ts';
import type { SimulationOptions } from './simulation.ts';
import type { Turn } from './turns.ts';

/** Something people do. Every call that it causes is a crash point. */
export interface Scenario {
  readonly name: string;
  /** What was there before, and what edges show. */
  readonly before?: (school: School) => Promise<void>;
  /**
   * Whether S3 sent events about it, so that a refresh has ended before the story begins.
   *
   * @default the story's refresh is the first one
   */
  readonly isNoticedBefore?: true;
  readonly story: (school: School) => Promise<void>;
  /** Brings calls into the order that the scenario is about. */
  readonly direct?: (school: School) => Direction;
  readonly options?: () => Pick<SimulationOptions, 'assemblyDirectory' | 'invalidationDelayMs'>;
}

export type Direction = (turn: Turn, next: () => Promise<AwsResponse>) => Promise<AwsResponse>;

const BY_NOTIFICATIONS: readonly Scenario[] = [
  {
    name: 'lone upload',
    before: school => school.put('page.txt', 'old'),
    isNoticedBefore: true,
    story: school => school.put('page.txt', 'new'),
  },
  {
    name: 'burst',
    async before(school) {
      for (const key of ['index.html', 'a.css', 'gone.txt']) await school.put(key, 'old');
    },
    async story(school) {
      await school.put('index.html', 'new');
      await school.put('a.css', 'new');
      await sleep(1);
      await school.remove('gone.txt');
      await sleep(1);
      await school.put('b.css', 'new');
      await school.invalidate(['/by-hand/*']);
    },
  },
  {
    name: 'change while closing',
    async before(school) {
      await school.put('first.txt', 'old');
      await school.put('second.txt', 'old');
    },
    story: school => school.put('first.txt', 'new'),
    direct: commitTooLate,
  },
  {
    name: 'two collectors at once',
    async before(school) {
      await school.put('first.txt', 'old');
      await school.put('second.txt', 'old');
    },
    async story(school) {
      await Promise.all([school.put('first.txt', 'new'), school.put('second.txt', 'new')]);
    },
  },
  {
    name: 'pause',
    async before(school) {
      await school.put('first.txt', 'old');
      await school.put('second.txt', 'old');
    },
    async story(school) {
      await school.pause();
      await school.put('first.txt', 'new');
      await sleep(10);
      // Its collector meets whoever resumes.
      await school.put('second.txt', 'new');
      await school.resume();
    },
  },
  quotaPressure(),
  {
    name: 'student create',
    story: school => school.register(studentWith('SV005')),
  },
  {
    name: 'backup',
    async before(school) {
      for (const id of ['SV001', 'SV002', 'SV003']) await school.register(studentWith(id));
    },
    story: school => school.backUp(),
  },
  {
    name: 'mail',
    async story(school) {
      for (const id of ['SV001', 'SV002', 'SV003']) await school.confirm(studentWith(id));
    },
  },
];

let bridgedAssembly: string | undefined;

/** Those that begin with what the collector reads, again. They need `synthesiseBridged`. */
const BY_EVENTBRIDGE = BY_NOTIFICATIONS.filter(({ name }) =>
  ['lone upload', 'burst', 'two collectors at once'].includes(name),
).map(
  (scenario): Scenario => ({
    ...scenario,
    name: `${scenario.name}, by EventBridge`,
    options() {
      bridgedAssembly ??= assemblyDirectory({ context: BRIDGED });
      return { assemblyDirectory: bridgedAssembly };
    },
  }),
);

export const SCENARIOS: readonly Scenario[] = [...BY_NOTIFICATIONS, ...BY_EVENTBRIDGE];

/**
 * While one refresh closes, the collector of another upload has found it open, and writes only when
 * everybody has read what there is to read: its commit comes too late.
 */
function commitTooLate(school: School): Direction {
  const writing = Promise.withResolvers<void>();
  const reporting = Promise.withResolvers<void>();
  let isClosing = false;
  return async ({ action, request }, next) => {
    const isOf = (role: string) => request.caller.includes(`AutoInvalidation${role}`);
    if (!isClosing && action === 'UpdateItem' && isOf('Invalidate')) {
      isClosing = true;
      await school.put('second.txt', 'new');
      // Either may have been killed.
      await Promise.race([writing.promise, sleep(3)]);
    } else if (isClosing && action === 'BatchWriteItem' && isOf('Collect')) {
      writing.resolve();
      await Promise.race([reporting.promise, sleep(20)]);
    } else if (isOf('Report')) reporting.resolve();
    return next();
  };
}

/**
 * Others keep CloudFront busy when the refresh is planned; it waits, and what comes meanwhile joins
 * it.
 */
function quotaPressure(): Scenario {
  const OTHERS_MS = 20_000;
  const wildcards = Array.from({ length: 15 }, (_, index) => `/others/${index}/*`);
  const exact = Array.from({ length: 3000 }, (_, index) => `/others/${index}`);
  let delayMs = 0;
  return {
    name: 'quota pressure',
    options() {
      delayMs = 3000;
      return { invalidationDelayMs: () => delayMs };
    },
    async before(school) {
      await school.put('first.txt', 'old');
      await school.put('second.txt', 'old');
    },
    async story(school) {
      delayMs = OTHERS_MS;
      await school.keepCloudFrontBusy(wildcards);
      await school.keepCloudFrontBusy(exact);
      delayMs = 3000;
      await school.put('first.txt', 'new');
      await sleep(10);
      await school.put('second.txt', 'new');
    },
  };
}
