import { Duration } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Watch } from './mailed-alarms.ts';
import type { ServiceFunction } from './service-function.ts';

/** For metrics that count events: how long a single event keeps its alarm raised. */
export const EVENT_PERIOD = Duration.minutes(5);

const MINUTE = Duration.minutes(1);

/**
 * A message that fails comes back after its visibility time-out, three minutes. From its third
 * receive on the metric skips it, so a failing message shows as six minutes at most: older than ten
 * says that nobody reads the queue.
 */
const TOO_OLD = Duration.minutes(10);

export interface WatchedQueue {
  /** What the names of its alarms begin with. */
  readonly name: string;
  /** What its messages are about. */
  readonly subject: string;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
}

/** @param meaning a sentence without its full stop */
export function deadLetterWatch(name: string, deadLetterQueue: Queue, meaning: string): Watch {
  return {
    name: `${name}-dead-letters`,
    // A message that the redrive policy moves does not count as sent: only the visible ones tell.
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: MINUTE,
    }),
    meaning,
  };
}

/** Dead letters, and messages that nobody reads. */
export function queueWatches({ name, subject, queue, deadLetterQueue }: WatchedQueue): readonly Watch[] {
  return [
    deadLetterWatch(name, deadLetterQueue, `A message about ${subject} was given up after five tries`),
    {
      name: `${name}-too-old`,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: MINUTE }),
      threshold: TOO_OLD.toSeconds(),
      meaning: `Messages about ${subject} have waited for ten minutes: nobody reads their queue`,
    },
  ];
}

/** Any error of a function. */
export function errorWatch(watched: ServiceFunction): Watch {
  return {
    name: `${watched.handlerName}-errors`,
    metric: watched.metricErrors({ statistic: 'Sum', period: EVENT_PERIOD }),
    meaning: `The function ${watched.handlerName} crashed, timed out or threw`,
  };
}
