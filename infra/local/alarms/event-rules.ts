import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type AwsService, jsonRequest } from '../aws-api.ts';
import { ConnectionCutError } from '../aws-endpoint.ts';
import type { Resource } from '../template.ts';
import { eventPattern } from './event-pattern.ts';

export interface EventRulesOptions {
  readonly rules: readonly Resource[];
  /** By ARN. */
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly callAws: AwsService;
  /** Called with a rule's name when an event of its is given up. */
  readonly onFailedInvocation: (ruleName: string) => void;
}

export interface EventRules {
  /** Hands an event to every rule that matches. */
  publish(event: object): void;
  /** Gives up what is on its way. */
  stop(): Promise<void>;
}

const Rule = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  EventPattern: z.unknown(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.strictObject({ Id: z.string(), Arn: z.string() })).default([]),
});

const PAUSE_MS = { first: 50, longest: 1000 };

/**
 * `AWS::Events::Rule` with a pattern, whose targets are queues: each gets the event as it is. EventBridge tries again after
 * server errors and throttling; whatever else a target refuses is lost.
 *
 * @throws Error naming a pattern, target or property that is not emulated
 */
export function createEventRules(options: EventRulesOptions): EventRules {
  const stopping = new AbortController();
  const onTheirWay = new Set<Promise<void>>();
  const rules = options.rules.map(rule => {
    const { EventPattern, State, Targets } = Rule.parse(rule.properties);
    const matches = eventPattern(EventPattern);
    return {
      name: rule.ref,
      arn: rule.attributes['Arn'] ?? '',
      matches: (event: object) => State === 'ENABLED' && matches(event),
      queueUrls: Targets.map(({ Arn }) => {
        const url = options.queueUrls.get(Arn);
        if (url === undefined)
          throw new Error(`${rule.logicalId}: targets other than queues are not emulated`);
        return url;
      }),
    };
  });

  async function deliver(rule: { name: string; arn: string }, QueueUrl: string, MessageBody: string) {
    const request = jsonRequest('sqs', 'AmazonSQS.SendMessage', { QueueUrl, MessageBody }, rule.arn);
    for (
      let pauseMs = PAUSE_MS.first;
      !stopping.signal.aborted;
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)
    ) {
      const status = await statusOf(request);
      if (status === 200) return;
      if (status < 500 && status !== 429) return options.onFailedInvocation(rule.name);
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function statusOf(request: Parameters<AwsService>[0]): Promise<number> {
    try {
      return (await options.callAws(request)).status;
    } catch (error) {
      if (error instanceof ConnectionCutError) return 500;
      throw error;
    }
  }

  return {
    publish(event) {
      const body = JSON.stringify(event);
      for (const rule of rules.filter(({ matches }) => matches(event))) {
        for (const queueUrl of rule.queueUrls) {
          const delivery = deliver(rule, queueUrl, body)
            .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
            .finally(() => onTheirWay.delete(delivery));
          onTheirWay.add(delivery);
        }
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(onTheirWay);
    },
  };
}
