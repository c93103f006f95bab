import type { JournalEntry } from '../../kernel/journal.ts';
import type { QueueFigures } from '../sqs/queues.ts';
import type { AlarmDefinition } from './alarm.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import type { Datum } from './metrics.ts';

/** Metrics that services report themselves. */
const SERVICE_METRICS: Readonly<Record<string, readonly string[]>> = {
  'AWS/ApiGateway': ['4XXError', '5XXError', 'Count', 'Latency'],
  'AWS/Events': ['FailedInvocations'],
  'AWS/Lambda': ['Duration', 'Errors', 'Invocations'],
  'AWS/SQS': [
    'ApproximateAgeOfOldestMessage',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesVisible',
  ],
  'AWS/States': [
    'ExecutionsAborted',
    'ExecutionsFailed',
    'ExecutionsStarted',
    'ExecutionsSucceeded',
    'ExecutionsTimedOut',
  ],
};

/** @throws Error naming an alarm on a metric that no service reports here */
export function requireReported({ name, metric }: AlarmDefinition): void {
  const { namespace } = metric;
  if (!namespace.startsWith('AWS/') || SERVICE_METRICS[namespace]?.includes(metric.name)) return;
  throw new Error(
    `The local cloud does not report ${namespace} ${metric.name}, which the alarm ${name} watches`,
  );
}

/** The metrics that follow from a journal entry. */
export function metricsOf(entry: JournalEntry): Datum[] {
  switch (entry.kind) {
    case 'log':
      return embeddedMetrics(entry.line);
    case 'invocation':
      return data(
        'AWS/Lambda',
        { FunctionName: entry.functionName },
        {
          Invocations: 1,
          Errors: entry.outcome === 'success' ? 0 : 1,
          Duration: entry.milliseconds,
        },
      );
    case 'execution':
      return executionMetrics(entry);
    case 'undelivered':
      return data('AWS/Events', { RuleName: entry.ruleName }, { FailedInvocations: 1 });
    case 'request':
      return [{ ApiName: entry.apiName }, { ApiName: entry.apiName, Stage: entry.stage }].flatMap(
        dimensions =>
          data('AWS/ApiGateway', dimensions, {
            Count: 1,
            '4XXError': entry.status >= 400 && entry.status < 500 ? 1 : 0,
            '5XXError': entry.status >= 500 ? 1 : 0,
            Latency: entry.milliseconds,
          }),
      );
    default:
      return [];
  }
}

/** What SQS reports of a queue once a minute. @param timeScale real seconds per AWS second */
export function queueMetrics(
  QueueName: string,
  { visible, notVisible, oldestSentAt }: QueueFigures,
  now: number,
  timeScale: number,
): Datum[] {
  const ageMs = oldestSentAt === undefined ? 0 : Math.max(0, now - oldestSentAt);
  return data(
    'AWS/SQS',
    { QueueName },
    {
      ApproximateNumberOfMessagesVisible: visible,
      ApproximateNumberOfMessagesNotVisible: notVisible,
      ApproximateAgeOfOldestMessage: Math.floor(ageMs / 1000 / timeScale),
    },
  );
}

const EXECUTION_ENDS = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
} as const;

function executionMetrics(entry: Extract<JournalEntry, { kind: 'execution' }>): Datum[] {
  // A state was entered: the execution goes on.
  if (entry.state !== undefined) return [];
  const name = entry.status === 'RUNNING' ? 'ExecutionsStarted' : EXECUTION_ENDS[entry.status];
  return data('AWS/States', { StateMachineArn: entry.machineArn }, { [name]: 1 });
}

function data(
  namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): Datum[] {
  return Object.entries(values).map(([name, value]) => ({ metric: { namespace, name, dimensions }, value }));
}
