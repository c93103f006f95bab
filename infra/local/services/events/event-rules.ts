import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import { ConnectionCutError } from '../../kernel/aws-endpoint.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { Resource } from '../../template/resource.ts';
import { eventPattern } from './event-pattern.ts';
import { callTo, Target } from './targets.ts';

export interface EventRulesOptions {
  readonly rules: readonly Resource[];
  readonly callAws: AwsService;
  readonly journal: Journal;
}

export interface EventRules {
  /** Hands an event to every rule that matches. */
  publish(event: object): void;
  /** Drops the events in flight. */
  stop(): Promise<void>;
}

const Rule = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  EventPattern: z.unknown(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(Target).default([]),
});

const PAUSE_MS = { first: 50, longest: 1000 };

/**
 * `AWS::Events::Rule` with a pattern. EventBridge tries again after server errors and throttling.
 * It drops an event that a target refuses for any other reason.
 *
 * @throws Error naming a pattern, target or property that is not emulated
 */
export function createEventRules({ rules, callAws, journal }: EventRulesOptions): EventRules {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const known = rules.map(({ ref, attributes, properties }) => {
    const { EventPattern, State, Targets } = Rule.parse(properties);
    const matches = eventPattern(EventPattern);
    return {
      name: ref,
      matches: (event: object) => State === 'ENABLED' && matches(event),
      calls: Targets.map(target => callTo(target, attributes['Arn'] ?? '')),
    };
  });

  async function deliver(ruleName: string, request: AwsRequest): Promise<void> {
    for (
      let pauseMs = PAUSE_MS.first;
      !stopping.signal.aborted;
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)
    ) {
      const status = await statusOf(request);
      if (status < 300) return;
      if (status < 500 && status !== 429) return journal.record({ kind: 'undelivered', ruleName });
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function statusOf(request: AwsRequest): Promise<number> {
    try {
      return (await callAws(request)).status;
    } catch (error) {
      if (error instanceof ConnectionCutError) return 500;
      throw error;
    }
  }

  return {
    publish(event) {
      for (const { name, calls } of known.filter(({ matches }) => matches(event))) {
        for (const callFor of calls) {
          const delivery = deliver(name, callFor(event))
            .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
            .finally(() => inFlight.delete(delivery));
          inFlight.add(delivery);
        }
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}
