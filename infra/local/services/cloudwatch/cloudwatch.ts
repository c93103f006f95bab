import type { AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { Resource } from '../../template/resource.ts';
import type { QueueFigures } from '../sqs/queues.ts';
import { alarmOf } from './alarm.ts';
import { AlarmEvaluation } from './alarm-evaluation.ts';
import { createCloudWatchApi, type Dashboard } from './cloudwatch-api.ts';
import { metricsOf, queueMetrics, requireReported } from './service-metrics.ts';

export interface CloudWatchOptions {
  readonly alarms: readonly Resource[];
  readonly queueNames: readonly string[];
  /** @default none */
  readonly dashboards?: readonly Dashboard[];
  /** Hands an alarm's change of state to EventBridge. */
  readonly publish: (event: object) => void;
  readonly measureQueue: (name: string) => QueueFigures;
  readonly journal: Journal;
  /** Keeps the states of alarms. */
  readonly store: DurableStore;
  /** Real seconds per AWS second. */
  readonly timeScale: number;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** Minutes pass only by `passMinute`. @default false: by the clock */
  readonly byHand?: boolean;
}

export interface CloudWatch {
  readonly api: AwsService;
  /** Evaluates every alarm for each minute that has passed. After `start` the clock calls it. */
  evaluate(): void;
  /** By hand: lets a minute pass, and evaluates every alarm. */
  passMinute(): void;
  start(): void;
  stop(): void;
}

/**
 * CloudWatch alarms, evaluated once a minute of AWS's time on sliding windows (user guide, "Alarm
 * evaluation window"). Metrics are kept in memory; the states of alarms outlive the process.
 *
 * @throws Error naming an alarm or metric that is not emulated
 */
export function createCloudWatch(options: CloudWatchOptions): CloudWatch {
  const { journal, store, publish, timeScale, now = Date.now } = options;
  const alarms = options.alarms.map(alarmOf);
  alarms.forEach(requireReported);
  const minutes = createMinutes(timeScale, now, options.byHand ?? false);
  const evaluation = new AlarmEvaluation({
    alarms,
    sample: () =>
      options.queueNames.flatMap(name => queueMetrics(name, options.measureQueue(name), now(), timeScale)),
    createdIn: minutes.current(),
    publish,
    journal,
    store,
    now,
  });
  const evaluate = () => evaluation.catchUp(minutes.current());
  let timer: NodeJS.Timeout | undefined;
  function evaluateEachMinute(): void {
    timer = setTimeout(() => {
      evaluate();
      evaluateEachMinute();
    }, minutes.untilNextMs()).unref();
  }

  const unsubscribe = journal.subscribe(entry => evaluation.put(metricsOf(entry), minutes.current()));
  return {
    api: createCloudWatchApi({
      alarms,
      stateOf: alarm => evaluation.stateOf(alarm),
      dashboards: options.dashboards ?? [],
    }),
    evaluate,
    passMinute() {
      minutes.pass();
      evaluate();
    },
    start: evaluateEachMinute,
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/** Numbers the minutes of AWS's time: by the clock, or by hand from 0. */
function createMinutes(timeScale: number, now: () => number, byHand: boolean) {
  const minuteMs = 60_000 * timeScale;
  let passed = 0;
  const current = () => (byHand ? passed : Math.floor(now() / minuteMs));
  return {
    current,
    untilNextMs: () => (current() + 1) * minuteMs - now(),
    /** By hand: begins the next one. */
    pass() {
      passed++;
    },
  };
}
