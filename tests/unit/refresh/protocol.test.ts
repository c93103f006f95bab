import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Guard } from './memory-table.ts';
import { runProtocol } from './protocol-model.ts';
import type { Scenario } from './protocol-run.ts';

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  before: fc.constantFrom(
    'nothing',
    'a closed refresh',
    'an open refresh',
    'an open refresh without execution',
  ),
  // Few keys, so that a key is often uploaded twice.
  uploads: fc.array(fc.constantFrom('a.html', 'b.html', 'c.html'), { minLength: 1, maxLength: 4 }),
  crashes: fc.array(fc.record({ step: fc.nat(50), when: fc.constantFrom('before', 'after') }), {
    maxLength: 4,
  }),
  stopAtLook: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
  refusals: fc.nat(2),
  fullLooks: fc.nat(2),
  timeouts: fc.array(fc.nat(4), { maxLength: 2 }),
  needsSecondRound: fc.boolean(),
});

/**
 * An execution no longer waits for a run of the step Invalidate, and starts another one beside it;
 * one of them is refused.
 */
const TWINS: Partial<Scenario> = {
  before: 'an open refresh',
  uploads: ['a.html', 'b.html'],
  timeouts: [0],
  crashes: [],
  stopAtLook: undefined,
  needsSecondRound: false,
};
const REFUSED_BY_CLOUDFRONT = { ...TWINS, refusals: 1, fullLooks: 0 };
const REFUSED_BY_THE_PLANNER = { ...TWINS, refusals: 0, fullLooks: 1 };

/**
 * Runs random scenarios, each in a random order of its steps, until one breaks a promise that is
 * looked at.
 * @param given what the scenarios have in common
 */
function explore(
  numRuns: number,
  isLookedAt: (violation: string) => boolean,
  without?: Guard,
  given: Partial<Scenario> = {},
) {
  return fc.check(
    fc.asyncProperty(fc.scheduler(), anyScenario, async (scheduler, scenario) => {
      const violations = await runProtocol(scheduler, { ...scenario, ...given }, without);
      expect(violations.filter(isLookedAt)).toEqual([]);
    }),
    // Without a guard only that it fails counts: the smallest example would take most of the time.
    { numRuns, endOnFailure: without !== undefined },
  );
}

describe('however collectors, executions, crashes and lost answers interleave', () => {
  it('every upload is invalidated after it, once per refresh and round, and no refresh stays open', async () => {
    const explored = await explore(1500, () => true);
    expect(explored.failed, fc.defaultReportMessage(explored)).toBe(false);
  });
});

/**
 * The rarest violation takes 760 runs on average, and the search ends at the first one it finds.
 */
const MOST_RUNS = 50_000;

interface Loss {
  readonly guard: Guard;
  readonly violation: string;
  readonly given?: Partial<Scenario>;
}

describe('Without the guard that', () => {
  it.each([
    { guard: 'a commit needs an open refresh', violation: 'an upload was never invalidated' },
    { guard: 'changes are written before the commit', violation: 'an upload was never invalidated' },
    { guard: 'reads are strongly consistent', violation: 'an upload was never invalidated' },
    { guard: 'the successor of an abandoned refresh inherits', violation: 'an upload was never invalidated' },
    { guard: 'an ended execution is noticed', violation: 'an upload was never invalidated' },
    { guard: 'an ended execution is noticed', violation: 'a refresh stayed open' },
    { guard: 'closing needs the generation last seen', violation: 'a refresh closed though not quiet' },
    {
      guard: 'the pointer moves only from the refresh it named',
      violation: 'the pointer left an open refresh',
    },
    {
      guard: 'a refresh is superseded before the pointer leaves it',
      violation: 'the pointer left an open refresh',
    },
    { guard: 'a superseded refresh stays closed', violation: 'a refresh opened again beside the open one' },
    {
      guard: 'a plan is stored in its own generation',
      violation: 'an upload was never invalidated',
      given: REFUSED_BY_THE_PLANNER,
    },
    {
      guard: 'a refusal ends the generation',
      violation: 'a refresh closed though not quiet',
      given: REFUSED_BY_THE_PLANNER,
    },
    {
      guard: 'an invalidation is recorded while its plan is there',
      violation: 'an upload was never invalidated',
      given: REFUSED_BY_CLOUDFRONT,
    },
    { guard: 'a plan is stored before it is sent', violation: 'a round made no invalidation of its own' },
    { guard: 'a caller reference finds its invalidation', violation: 'a round made two invalidations' },
  ] satisfies Loss[])('$guard, $violation', async ({ guard, violation, given }: Loss) => {
    const explored = await explore(MOST_RUNS, found => found === violation, guard, given);
    expect(explored.failed).toBe(true);
  });
});
