import type { AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { Resource } from '../../template/resource.ts';
import type { QueueFigures } from '../sqs/queues.ts';
import { type AlarmDefinition, alarmOf, judge, retrievedPeriods } from './alarm.ts';
import { createCloudWatchApi } from './cloudwatch-api.ts';
import { createMetrics, type Datum } from './metrics.ts';
import { metricsOf, requireReported } from './service-metrics.ts';
import { type StateOfAlarm, stateChangeEvent } from './state-change-event.ts';

export interface CloudWatchOptions {
  readonly alarms: readonly Resource[];
  readonly queueNames: readonly string[];
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
  const { journal, timeScale, now = Date.now } = options;
  const minuteMs = 60_000 * timeScale;
  let minutesPassed = 0;
  const thisMinute = () => (options.byHand ? minutesPassed : Math.floor(now() / minuteMs));
  const alarms = options.alarms.map(alarmOf);
  alarms.forEach(requireReported);
  const states = createStates(options.store, now);
  const metrics = createMetrics(
    alarms.map(alarm => ({
      metric: alarm.metric,
      minutes: (retrievedPeriods(alarm) + 1) * alarm.periodMinutes,
    })),
  );
  const put = (data: readonly Datum[]) => {
    for (const datum of data) metrics.put(datum, thisMinute());
  };
  const createdIn = thisMinute();
  let evaluatedUntil = createdIn;
  let timer: NodeJS.Timeout | undefined;

  /** SQS reports these once a minute. */
  function queueMetrics(): Datum[] {
    return options.queueNames.flatMap(QueueName => {
      const { visible, notVisible, oldestSentAt = now() } = options.measureQueue(QueueName);
      const values = {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateNumberOfMessagesNotVisible: notVisible,
        ApproximateAgeOfOldestMessage: Math.max(0, Math.floor((now() - oldestSentAt) / 1000 / timeScale)),
      };
      return Object.entries(values).map(([name, value]) => ({
        metric: { namespace: 'AWS/SQS', name, dimensions: { QueueName } },
        value,
      }));
    });
  }

  /** @param end the minute that has just begun */
  function evaluateAlarm(alarm: AlarmDefinition, end: number): void {
    if (end - createdIn < alarm.warmUpMinutes) return;
    const previous = states.get(alarm);
    const { state, reason } = judge(alarm, metrics.datapoints(alarm, end, retrievedPeriods(alarm)));
    if (state === previous.state) return;
    const next = { state, reason, since: now() };
    states.set(alarm, next);
    journal.record({ kind: 'alarm', name: alarm.name, state, previousState: previous.state, reason });
    options.publish(stateChangeEvent(alarm, next, previous));
  }

  function evaluate(): void {
    const current = thisMinute();
    if (current === evaluatedUntil) return;
    const sampled = queueMetrics();
    while (evaluatedUntil < current) {
      // Minutes that the clock skipped count as this one.
      for (const datum of sampled) metrics.put(datum, evaluatedUntil);
      evaluatedUntil += 1;
      for (const alarm of alarms) evaluateAlarm(alarm, evaluatedUntil);
    }
  }

  function evaluateEachMinute(): void {
    const nextMinute = (thisMinute() + 1) * minuteMs;
    timer = setTimeout(() => {
      evaluate();
      evaluateEachMinute();
    }, nextMinute - now()).unref();
  }

  const unsubscribe = journal.subscribe(entry => put(metricsOf(entry)));
  return {
    api: createCloudWatchApi(alarms, states.get),
    evaluate,
    passMinute() {
      minutesPassed++;
      evaluate();
    },
    start: evaluateEachMinute,
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/** The state of each alarm. A new one gets its state from its first evaluation. */
function createStates(store: DurableStore, now: () => number) {
  const kept = store.map<StateOfAlarm>('alarm-states');
  const initial: StateOfAlarm = {
    state: 'INSUFFICIENT_DATA',
    reason: 'Unchecked: Initial alarm creation',
    since: now(),
  };
  return {
    get: ({ name }: AlarmDefinition): StateOfAlarm => kept.get(name) ?? initial,
    set: ({ name }: AlarmDefinition, state: StateOfAlarm) => kept.set(name, state),
  };
}
