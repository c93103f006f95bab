import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeployScenario, MAIL_GUARDS, type MailGuard, runDeploys } from './joint-mail-model.ts';

const anyScenario: fc.Arbitrary<DeployScenario> = fc.record({
  refreshes: fc.array(
    fc.record({
      distribution: fc.constantFrom('A', 'B', 'C'),
      waits: fc.nat(6),
      lasts: fc.nat(30),
      repetitions: fc.nat(1),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  crashes: fc.array(fc.record({ step: fc.nat(40), when: fc.constantFrom('before', 'after') }), {
    maxLength: 4,
  }),
});

function explore(numRuns: number, without?: MailGuard) {
  return fc.check(
    fc.asyncProperty(fc.scheduler(), anyScenario, async (scheduler, scenario) => {
      expect(await runDeploys(scheduler, scenario, without)).toEqual([]);
    }),
    { numRuns, endOnFailure: without !== undefined },
  );
}

describe('However refreshes begin, end, crash and are reported again', () => {
  it('each is told by one mail, and those of one deploy by the same', async () => {
    const explored = await explore(1000);
    expect(explored.failed, fc.defaultReportMessage(explored)).toBe(false);
  });
});

describe('The mails go wrong without', () => {
  it.each(MAIL_GUARDS)('%s', async guard => {
    expect((await explore(50_000, guard)).failed).toBe(true);
  });
});
