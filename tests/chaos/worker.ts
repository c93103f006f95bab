import { takeViolations } from '../helpers/held-answers.ts';
import { crashPointsOf, runCrashPoint, runWithout } from './crash-points.ts';
import { runSeed } from './random-run.ts';
import type { Job, Reply } from './workers.ts';

/** The process that a job runs in: one after the other, each in a simulation of its own. */
async function work(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'crash points':
      return crashPointsOf(job.scenarios);
    case 'crash point':
      return runCrashPoint(job.point).catch(stuck);
    case 'guard':
      return runWithout(job.guard);
    case 'seed':
      return runSeed(job.seed).catch(error => ({
        violations: stuck(error),
        calls: 0,
        faults: 0,
        fingerprint: '',
      }));
  }
}

/** A run that came to no end is a violation like others: the rest goes on. */
const stuck = (error: unknown) => [String(error)];

/** The job's result. @throws Error if an answer of the local cloud is not as AWS's model has it */
async function workHeld(job: Job): Promise<unknown> {
  const result = await work(job);
  const violations = await takeViolations();
  if (violations.length > 0) throw new Error(violations.join('\n'));
  return result;
}

const send = (reply: Reply) => process.send?.(reply);

process.on('message', (job: Job) => {
  workHeld(job).then(
    result => send({ result, memoryBytes: process.memoryUsage.rss() }),
    error => send({ error: error instanceof Error ? (error.stack ?? '') : String(error), memoryBytes: 0 }),
  );
});
// Nobody is left to reply to.
process.on('disconnect', () => process.exit());
