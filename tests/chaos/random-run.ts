import { createHash } from 'node:crypto';
import { attemptsOf, confirmPending } from './crash-points.ts';
import { OUTCOMES } from './faults.ts';
import { below, pick, type Random } from './random.ts';
import { createSchool, type School, sleep, studentWith } from './school.ts';
import { type Simulation, type SimulationOptions, simulate } from './simulation.ts';
import type { Fault, Turn } from './turns.ts';
import { findViolations } from './violations.ts';

export interface RandomRun {
  readonly violations: readonly string[];
  /** Calls made. */
  readonly calls: number;
  readonly faults: number;
  /** Of everything that happened, in order: the same for the same seed. */
  readonly fingerprint: string;
}

/** Few, so that a key is often uploaded twice. */
const KEYS = ['index.html', 'a.css', 'b.css', 'docs/c.html'];
const CONTENTS = ['first', 'second', 'third'];
const STUDENTS = ['SV001', 'SV002', 'SV003'];
const NAMES = ['Pham Thi E', 'Tran Van F'];

const FEWEST_DEEDS = 2;
const MOST_DEEDS = 6;
const MOST_FAULTS = 8;
/** Of calls, while there are faults left. */
const FAULT_CHANCE = 0.05;
const SLOW_CHANCE = 0.02;
const SLOWEST_SECONDS = 20;
/** How far clocks of two hosts are apart at most: AWS's own time service keeps them closer. */
const SKEW_MS = 1000;

/** Decides which calls meet which faults. */
function createMisfortune() {
  let faults = 0;
  const everyAttempt = new Map<unknown, Fault>();

  function newFault(turn: Turn, random: Random): Fault | undefined {
    if (faults === MOST_FAULTS || random() >= FAULT_CHANCE) return undefined;
    const possible = OUTCOMES.filter(outcome => outcome.isPossible(turn));
    if (possible.length === 0) return undefined;
    faults++;
    const outcome = pick(possible, random);
    if (outcome.everyAttempt) everyAttempt.set(attemptsOf(turn), outcome.fault);
    return outcome.fault;
  }

  return {
    faults: () => faults,
    faultFor(turn: Turn, random: Random): Fault | undefined {
      const attempts = attemptsOf(turn);
      const known = attempts === undefined ? undefined : everyAttempt.get(attempts);
      if (known !== undefined) return known;
      return random() < SLOW_CHANCE ? slowBy(below(SLOWEST_SECONDS, random)) : newFault(turn, random);
    },
  };
}

/**
 * Plays people's deeds and everybody's misfortune as the seed has it, up to the end of all that
 * they cause.
 */
export async function runSeed(seed: number): Promise<RandomRun> {
  const misfortune = createMisfortune();
  let isUnlucky = false;
  const options: SimulationOptions = {
    seed,
    faultFor: (turn, random) => (isUnlucky ? misfortune.faultFor(turn, random) : undefined),
    choose: (waiting, random) => below(waiting, random),
    newSkewMs: random => Math.round((random() * 2 - 1) * SKEW_MS),
    async deliverEvent(send, random) {
      const copies = random() < 0.1 ? 2 : 1;
      await Promise.all(
        Array.from({ length: copies }, async () => {
          if (random() < 0.3) await sleep(random() * 10);
          await send();
        }),
      );
    },
  };
  return simulate(options, async simulation => {
    const school = createSchool(simulation);
    await simulation.play(() => openSite(school));
    await school.warm();
    isUnlucky = true;
    await simulation.play(() => actAtRandom(school, simulation.random));
    isUnlucky = false;
    // Five failures in a row are rare, but come: then the alarm's mail asks for this.
    await simulation.play(school.redrive);
    await confirmPending(simulation, school);
    const violations = await findViolations(simulation, school);
    return {
      violations,
      calls: simulation.trace.length,
      faults: misfortune.faults(),
      fingerprint: fingerprintOf(simulation),
    };
  });
}

async function openSite(school: School): Promise<void> {
  for (const key of KEYS.slice(0, 2)) await school.put(key, 'first');
}

async function actAtRandom(school: School, random: Random): Promise<void> {
  const deeds = FEWEST_DEEDS + below(MOST_DEEDS - FEWEST_DEEDS + 1, random);
  const apart: Promise<void>[] = [];
  for (let i = 0; i < deeds; i++) {
    // Students are dealt with one after the other, so that it is clear what should become of each.
    if (random() < 0.7) await changeSite(school, random);
    else apart.push((apart.at(-1) ?? Promise.resolve()).then(() => keepRegister(school, random)));
    await sleep(random() < 0.5 ? random() : random() * 15);
  }
  await Promise.all(apart);
}

async function changeSite(school: School, random: Random): Promise<void> {
  const lot = random();
  if (lot < 0.15) await school.remove(pick(KEYS, random));
  else if (lot < 0.25) await school.invalidate([pick(['/*', '/docs/*', '/a.css'], random)]);
  else await school.put(pick(KEYS, random), pick(CONTENTS, random));
}

async function keepRegister(school: School, random: Random): Promise<void> {
  const studentid = pick(STUDENTS, random);
  const lot = random();
  if (lot < 0.2) await school.backUp();
  else if (school.students.has(studentid)) await school.change(studentWith(studentid, pick(NAMES, random)));
  else await school.register(studentWith(studentid));
}

function slowBy(seconds: number): Fault {
  return async (_, next) => {
    await sleep(seconds);
    return next();
  };
}

function fingerprintOf({ trace }: Simulation): string {
  return createHash('sha256').update(trace.join('\n')).digest('hex').slice(0, 16);
}
