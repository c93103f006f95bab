import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameIn } from '../../../shared/refresh/pause.ts';
import { PAUSE_GUARDS, type PauseGuard, type PauseScenario, runPauses } from './pause-model.ts';

const anyScenario: fc.Arbitrary<PauseScenario> = fc.record({
  // Few paths, so that a path is often asked for twice.
  uploads: fc.array(fc.record({ path: fc.constantFrom('/a', '/b'), turns: fc.nat(12) }), {
    minLength: 1,
    maxLength: 4,
  }),
  people: fc.array(fc.array(fc.constantFrom('pause', 'resume'), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 2,
  }),
  crashes: fc.array(fc.record({ step: fc.nat(30), when: fc.constantFrom('before', 'after') }), {
    maxLength: 4,
  }),
});

function explore(numRuns: number, without?: PauseGuard, given: Partial<PauseScenario> = {}) {
  return fc.check(
    fc.asyncProperty(fc.scheduler(), anyScenario, async (scheduler, scenario) => {
      expect(await runPauses(scheduler, { ...scenario, ...given }, without)).toEqual([]);
    }),
    { numRuns, endOnFailure: without !== undefined },
  );
}

describe('However uploads, pauses, resumes and crashes interleave', () => {
  it('every upload is collected after it arrived, or held by the pause that there is', async () => {
    const explored = await explore(2000);
    expect(explored.failed, fc.defaultReportMessage(explored)).toBe(false);
  });
});

/** Somebody pauses again, and asks for the same again, while its first collector lags behind. */
const AGAIN: Partial<PauseScenario> = {
  uploads: [
    { path: '/a', turns: 0 },
    { path: '/a', turns: 12 },
  ],
  people: [['pause', 'resume', 'pause']],
  crashes: [],
};

describe('An upload is lost without', () => {
  it.each(
    PAUSE_GUARDS.map(guard => ({ guard, given: guard === 'each pause holds what is its own' ? AGAIN : {} })),
  )('$guard', async ({ guard, given }) => {
    expect((await explore(50_000, guard, given)).failed).toBe(true);
  });
});

it.each([
  ['arn:aws:sts::111122223333:assumed-role/Admin/jane', 'jane'],
  ['arn:aws:iam::111122223333:user/ops/deploy', 'deploy'],
  ['arn:aws:iam::111122223333:root', 'root'],
  ['an unknown caller', 'an unknown caller'],
])('Who paused is shown without account and role: %s is %s', (arn, name) => {
  expect(nameIn(arn)).toBe(name);
});
