import type { DurableMap, DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import { type AlarmDefinition, judge, retrievedPeriods } from './alarm.ts';
import { createMetrics, type Datum, type Metrics } from './metrics.ts';
import { type StateOfAlarm, stateChangeEvent } from './state-change-event.ts';

export interface AlarmEvaluationOptions {
  readonly alarms: readonly AlarmDefinition[];
  /** The minute in which the alarms were created. */
  readonly createdIn: number;
  /** Metrics that services report once a minute. */
  readonly sample: () => readonly Datum[];
  /** Hands an alarm's change of state to EventBridge. */
  readonly publish: (event: object) => void;
  readonly journal: Journal;
  /** Keeps the states of alarms. */
  readonly store: DurableStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Evaluates alarms minute by minute, and reports those whose state changes. */
export class AlarmEvaluation {
  readonly #options: AlarmEvaluationOptions;
  readonly #metrics: Metrics;
  readonly #states: DurableMap<StateOfAlarm>;
  /** An alarm gets its own state from its first evaluation. */
  readonly #initialState: StateOfAlarm;
  /** The first minute that is not evaluated yet. */
  #nextMinute: number;

  constructor(options: AlarmEvaluationOptions) {
    const { alarms, store, now, createdIn } = options;
    this.#options = options;
    this.#metrics = createMetrics(
      alarms.map(alarm => ({
        metric: alarm.metric,
        minutes: (retrievedPeriods(alarm) + 1) * alarm.periodMinutes,
      })),
    );
    this.#states = store.map<StateOfAlarm>('alarm-states');
    const reason = 'Unchecked: Initial alarm creation';
    this.#initialState = { state: 'INSUFFICIENT_DATA', reason, since: now() };
    this.#nextMinute = createdIn;
  }

  stateOf({ name }: AlarmDefinition): StateOfAlarm {
    return this.#states.get(name) ?? this.#initialState;
  }

  put(data: readonly Datum[], minute: number): void {
    for (const datum of data) this.#metrics.put(datum, minute);
  }

  /** Evaluates every alarm for each minute that is over. */
  catchUp(currentMinute: number): void {
    if (currentMinute === this.#nextMinute) return;
    const sampled = this.#options.sample();
    while (this.#nextMinute < currentMinute) {
      // What is sampled now counts for every minute that the clock skipped.
      this.put(sampled, this.#nextMinute);
      this.#nextMinute += 1;
      for (const alarm of this.#options.alarms) this.#evaluate(alarm, this.#nextMinute);
    }
  }

  /** @param end the minute that has just begun */
  #evaluate(alarm: AlarmDefinition, end: number): void {
    const { createdIn, journal, publish, now } = this.#options;
    if (end - createdIn < alarm.warmUpMinutes) return;
    const previous = this.stateOf(alarm);
    const { state, reason } = judge(alarm, this.#metrics.datapoints(alarm, end, retrievedPeriods(alarm)));
    if (state === previous.state) return;
    const next = { state, reason, since: now() };
    this.#states.set(alarm.name, next);
    journal.record({ kind: 'alarm', name: alarm.name, state, previousState: previous.state, reason });
    publish(stateChangeEvent(alarm, next, previous));
  }
}
