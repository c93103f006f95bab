import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AwsService } from '../../kernel/aws-api.ts';
import type { Resource } from '../../template/resource.ts';
import { parseSchedule, type Schedule } from './schedule-expression.ts';
import { serviceEvent } from './service-event.ts';
import { invocation } from './targets.ts';

export interface ScheduleOptions {
  readonly rules: readonly Resource[];
  /** Receives Lambda's asynchronous invocations, which EventBridge makes in the rule's name. */
  readonly callAws: AwsService;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** @default real time */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const Rule = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.strictObject({ Id: z.string(), Arn: z.string() })).default([]),
});

/** Node's timers last 24 days at most. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * `AWS::Events::Rule` with a schedule: invokes its functions whenever it is due. What was due while
 * the local cloud was stopped is not made up for.
 *
 * @returns the function that stops them
 * @throws Error naming an expression or property that is not emulated
 */
export function startSchedules(options: ScheduleOptions): () => void {
  const { now = Date.now, wait = waitInRealTime } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function follow(rule: Resource, schedule: Schedule, targets: readonly string[]): Promise<void> {
    for (let due = schedule(now()); Number.isFinite(due); due = schedule(Math.max(due, now()))) {
      for (let rest = due - now(); rest > 0; rest = due - now())
        await wait(Math.min(rest, LONGEST_WAIT_MS), signal);
      for (const target of targets) await invoke(rule, target, due).catch(warn);
    }
  }

  async function invoke(rule: Resource, functionArn: string, due: number): Promise<void> {
    const { Arn: ruleArn = '' } = rule.attributes;
    const event = JSON.stringify(scheduledEvent(ruleArn, due));
    const { status, body } = await options.callAws(invocation(ruleArn, functionArn, event));
    if (status !== 202) throw new Error(`${functionArn} was not invoked: ${body}`);
  }

  for (const rule of options.rules) {
    const { ScheduleExpression, State, Targets } = Rule.parse(rule.properties);
    const schedule = parseSchedule(ScheduleExpression);
    if (State === 'DISABLED') continue;
    const targets = Targets.map(({ Arn }) => Arn);
    follow(rule, schedule, targets).catch(error => {
      if (!signal.aborted) warn(error);
    });
  }
  return () => stopping.abort();
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

async function waitInRealTime(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal, ref: false });
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent(ruleArn: string, due: number) {
  return serviceEvent(
    { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [ruleArn], detail: {} },
    due,
  );
}
