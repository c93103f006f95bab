import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import { ConnectionCutError } from '../../kernel/aws-endpoint.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { Resource } from '../../template/resource.ts';
import { eventPattern } from './event-pattern.ts';
import { callTo, deadLetterTo, Target } from './targets.ts';

export interface EventRulesOptions {
  readonly rules: readonly Resource[];
  readonly callAws: AwsService;
  readonly journal: Journal;
}

export interface EventRules {
  /**
   * Hands an event to every rule that matches. Resolves when their targets have taken it, or it is
   * dropped.
   */
  publish(event: object): Promise<void>;
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
 * An event that a target refuses for any other reason goes to its dead-letter queue, if it has one,
 * and is dropped otherwise.
 *
 * @throws Error naming a pattern, target or property that is not emulated
 */
export function createEventRules({ rules, callAws, journal }: EventRulesOptions): EventRules {
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const known = rules.map(({ ref, attributes, properties }) => {
    const { EventPattern, State, Targets } = Rule.parse(properties);
    const matches = eventPattern(EventPattern);
    const ruleArn = attributes['Arn'] ?? '';
    return {
      name: ref,
      matches: (event: object) => State === 'ENABLED' && matches(event),
      calls: Targets.map(target => [callTo(target, ruleArn), deadLetterTo(target, ruleArn)] as const),
    };
  });

  /** @param deadLetter undefined if there is nowhere to put an event that is refused */
  async function deliver(ruleName: string, request: AwsRequest, deadLetter?: AwsRequest): Promise<void> {
    const isTaken = await tryUntilAnswered(request, callAws, stopping.signal);
    if (isTaken) return;
    journal.record({ kind: 'undelivered', ruleName });
    if (deadLetter !== undefined) await tryUntilAnswered(deadLetter, callAws, stopping.signal);
  }

  /** Never rejects, so that nobody has to wait for it. */
  function track(delivering: Promise<void>): Promise<void> {
    const delivery = delivering
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
      .finally(() => inFlight.delete(delivery));
    inFlight.add(delivery);
    return delivery;
  }

  return {
    async publish(event) {
      const deliveries = known
        .filter(({ matches }) => matches(event))
        .flatMap(({ name, calls }) =>
          calls.map(([callFor, deadLetterFor]) => deliver(name, callFor(event), deadLetterFor?.(event))),
        )
        .map(track);
      await Promise.all(deliveries);
    },
    async stop() {
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}

/** @returns false if the target refuses the event. Given up when the local cloud stops */
async function tryUntilAnswered(
  request: AwsRequest,
  callAws: AwsService,
  signal: AbortSignal,
): Promise<boolean> {
  for (let pauseMs = PAUSE_MS.first; !signal.aborted; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    const status = await statusOf(request, callAws);
    if (status < 300) return true;
    if (status < 500 && status !== 429) return false;
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return true;
}

async function statusOf(request: AwsRequest, callAws: AwsService): Promise<number> {
  try {
    return (await callAws(request)).status;
  } catch (error) {
    if (error instanceof ConnectionCutError) return 500;
    throw error;
  }
}
