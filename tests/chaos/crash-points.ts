import { OUTCOMES, type Outcome } from './faults.ts';
import { type Guard, guardNamed } from './guards.ts';
import { messagesIn } from './long-polls.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { createSchool, type School } from './school.ts';
import { type Simulation, simulate } from './simulation.ts';
import type { Fault, Turn } from './turns.ts';
import { findViolations } from './violations.ts';

/** One call of a scenario, and what becomes of it. */
export interface CrashPoint {
  readonly scenario: string;
  /** Counted from the beginning of the scenario's story. */
  readonly number: number;
  /** `caller action`, as the undisturbed run had it. */
  readonly call: string;
  readonly outcome: string;
}

/**
 * Every call of undisturbed runs with everything that can become of it. A poll that brought nothing
 * is none: nothing depends on it.
 *
 * @param names of scenarios; all by default
 */
export async function crashPointsOf(
  names: readonly string[] = SCENARIOS.map(({ name }) => name),
): Promise<CrashPoint[]> {
  const points: CrashPoint[] = [];
  for (const name of names) points.push(...(await callsOf(name)).flatMap(turn => outcomesOf(name, turn)));
  return points;
}

async function callsOf(scenarioName: string): Promise<Turn[]> {
  const calls: Turn[] = [];
  const violations = await play(scenarioNamed(scenarioName), () => async (turn, next) => {
    const answer = await next();
    if (turn.action !== 'ReceiveMessage' || messagesIn(answer) > 0) calls.push(turn);
    return answer;
  });
  if (violations.length > 0) throw new Error(`${scenarioName}, undisturbed: ${violations.join('; ')}`);
  return calls.sort((a, b) => a.number - b.number);
}

function outcomesOf(scenario: string, turn: Turn): CrashPoint[] {
  const possible = OUTCOMES.filter(outcome => outcome.isPossible(turn));
  return possible.map(({ name: outcome }) => ({
    scenario,
    number: turn.number,
    call: nameOf(turn),
    outcome,
  }));
}

/** @returns what was not as it should be in the end */
export async function runCrashPoint(
  { scenario, number, call, outcome: name }: CrashPoint,
  without?: Guard,
): Promise<string[]> {
  const outcome = OUTCOMES.find(each => each.name === name);
  if (outcome === undefined) throw new Error(`There is no outcome ${name}`);
  let met: string | undefined;
  let attempts: unknown;
  const violations = await play(
    scenarioNamed(scenario),
    turn => {
      if (turn.number === number) {
        met = nameOf(turn);
        attempts = attemptsOf(turn);
        return outcome.fault;
      }
      return isAnotherAttempt(turn, attempts, outcome) ? outcome.fault : undefined;
    },
    without,
  );
  if (met !== call) violations.push(`Call ${number} was ${met}, not ${call}: the run does not replay`);
  return violations;
}

/**
 * How the lack of a guard shows: already when nothing else goes wrong, or when an answer is lost.
 *
 * @returns the violations, none when it does not show
 */
export async function runWithout(guardName: string): Promise<string[]> {
  const guard = guardNamed(guardName);
  const undisturbed = await play(scenarioNamed(guard.scenario), () => undefined, guard);
  if (undisturbed.length > 0) return undisturbed;
  for (const point of likelyFirst(await crashPointsOf([guard.scenario]), guard)) {
    const violations = await runCrashPoint(point, guard);
    if (violations.length > 0) return [`${point.call}, ${point.outcome}`, ...violations];
  }
  return [];
}

function likelyFirst(points: readonly CrashPoint[], { shownBy }: Guard): CrashPoint[] {
  const isLikely = ({ call }: CrashPoint) => call.endsWith(` ${shownBy}`);
  const lost = points.filter(({ outcome }) => outcome === 'answer lost');
  return [...lost.filter(isLikely), ...lost.filter(point => !isLikely(point))];
}

/** What the attempts of one SDK call have in common. */
export const attemptsOf = ({ request }: Turn) => request.headers['amz-sdk-invocation-id'];

function isAnotherAttempt(turn: Turn, attempts: unknown, { everyAttempt }: Outcome): boolean {
  return everyAttempt && attempts !== undefined && attemptsOf(turn) === attempts;
}

const nameOf = ({ request, action }: Turn) => `${request.caller} ${action}`;

function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.find(each => each.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`);
  return scenario;
}

/** Numbers count from the beginning of the story. */
async function play(
  scenario: Scenario,
  faultFor: (turn: Turn) => Fault | undefined,
  without?: Guard,
): Promise<string[]> {
  const director: { direct?: Fault } = {};
  let numberOfFirst: number | undefined;
  return simulate(
    {
      seed: 0,
      ...(without === undefined ? {} : { without }),
      ...scenario.options?.(),
      async deliverEvent(send) {
        if (scenario.isNoticedBefore || numberOfFirst !== undefined) await send();
      },
      faultFor(turn) {
        if (numberOfFirst === undefined) return undefined;
        const counted = { ...turn, number: turn.number - numberOfFirst };
        const fault = faultFor(counted);
        const { direct } = director;
        if (direct === undefined) return fault && ((_, next) => fault(counted, next));
        return (_, next) => direct(turn, async () => (fault === undefined ? next() : fault(counted, next)));
      },
    },
    async simulation => {
      const school = createSchool(simulation);
      await simulation.play(async () => scenario.before?.(school));
      await school.warm();
      numberOfFirst = simulation.trace.length;
      const direct = scenario.direct?.(school);
      if (direct !== undefined) director.direct = direct;
      await simulation.play(() => scenario.story(school));
      numberOfFirst = undefined;
      await confirmPending(simulation, school);
      return findViolations(simulation, school);
    },
  );
}

/**
 * Where the mail queue was not to be reached, the record says so, and whoever saves the student
 * next sends the confirmation.
 */
export async function confirmPending(simulation: Simulation, school: School): Promise<void> {
  const pending = await school.pendingConfirmations();
  if (pending.length === 0) return;
  await simulation.play(async () => {
    for (const student of pending) await school.change(student);
  });
}
