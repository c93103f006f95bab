import type { Scheduler } from 'fast-check';
import {
  type Gathering,
  type JointMailDependencies,
  mailTogether,
  NOBODY,
} from '../../../shared/refresh/joint-mail.ts';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import { CrashingSteps, type PlannedCrash } from './crashing-steps.ts';

export interface DeployScenario {
  /** Of one distribution each, or the next one of the same distribution. */
  readonly refreshes: readonly {
    readonly distribution: 'A' | 'B' | 'C';
    /** Turns until it begins, and from then on until it ends. */
    readonly waits: number;
    readonly lasts: number;
    /** How often its report is repeated though it did not crash. */
    readonly repetitions: number;
  }[];
  readonly crashes: readonly PlannedCrash[];
}

/** What keeps mails from being lost, doubled or split. */
export const MAIL_GUARDS = [
  'compare-and-set',
  'the item keeps what a mail tells until it is in the queue',
  'records are marked before the item forgets them',
  'one that has ended and not joined yet is awaited',
] as const;
export type MailGuard = (typeof MAIL_GUARDS)[number];

/**
 * Reports of refreshes that begin, end, crash and are repeated, one step at a time in the
 * scheduler's order.
 *
 * @param without a guard that is forgotten, to see that the model notices
 * @returns what went against the promises
 */
export async function runDeploys(
  scheduler: Scheduler,
  { refreshes, crashes }: DeployScenario,
  without?: MailGuard,
): Promise<string[]> {
  const world = new World(new CrashingSteps(scheduler, crashes), without);
  await scheduler.waitFor(Promise.all(refreshes.map((refresh, index) => world.play(`r${index}`, refresh))));
  return world.violations();
}

class World {
  readonly #steps: CrashingSteps;
  readonly #without: MailGuard | undefined;
  #time = Date.UTC(2026, 11, 1);
  #stored: { gathering: Gathering; version: number } = { gathering: NOBODY, version: 0 };
  readonly #records = new Map<string, Refresh>();
  readonly #pointers = new Map<string, string>();
  /** The refreshes told by each mail, by its id, each time that it was sent. */
  readonly #mails = new Map<string, string[]>();
  /** How many began after another one had ended. */
  #lateBeginnings = 0;

  constructor(steps: CrashingSteps, without: MailGuard | undefined) {
    this.#steps = steps;
    this.#without = without;
  }

  async play(id: string, { distribution, waits, lasts, repetitions }: DeployScenario['refreshes'][number]) {
    await this.#steps.wait(waits);
    this.#begin(id, distribution);
    await this.#steps.wait(lasts);
    for (let times = 0; times <= repetitions; times++) await this.#reportUntilDone(id, distribution);
  }

  violations(): string[] {
    const wrong: string[] = [];
    for (const id of this.#records.keys()) {
      const mails = [...this.#mails].filter(([, told]) => told.some(ids => ids.split('+').includes(id)));
      if (mails.length !== 1) wrong.push(`${id} is told by ${mails.length} mails`);
    }
    for (const [id, told] of this.#mails)
      if (new Set(told).size > 1) wrong.push(`The mail ${id} tells ${told.join(' or ')}`);
    const distributions = new Set([...this.#records.values()].map(({ distributionId }) => distributionId));
    const isOneDeploy = this.#lateBeginnings === 0 && distributions.size === this.#records.size;
    if (isOneDeploy && this.#mails.size > 1) wrong.push(`One deploy has ${this.#mails.size} mails`);
    return wrong;
  }

  #begin(id: string, distributionId: string): void {
    if ([...this.#records.values()].some(({ end }) => end !== undefined)) this.#lateBeginnings++;
    const startedAt = new Date(this.#time).toISOString();
    this.#records.set(id, { id, distributionId, state: 'open', generation: 0, plans: 0, startedAt });
    this.#pointers.set(distributionId, id);
  }

  #reportUntilDone(id: string, distributionId: string): Promise<void> {
    return this.#steps.untilDone(async () => {
      await this.#steps.take('finish', () => this.#finish(id));
      await mailTogether({ id, distributionId }, ids => this.#send(id, ids), this.#dependencies());
    });
  }

  #finish(id: string): void {
    const record = this.#recordOf(id);
    const end = record.end ?? { at: new Date(++this.#time).toISOString() };
    this.#records.set(id, { ...record, state: 'fresh', end });
  }

  #send(writer: string, ids: readonly string[]): Promise<string> {
    const mailId = `mail-of-${writer}`;
    return this.#steps.take('send', () => {
      this.#mails.set(mailId, [...(this.#mails.get(mailId) ?? []), ids.join('+')]);
      return mailId;
    });
  }

  #dependencies(): JointMailDependencies {
    return {
      gathering: {
        read: () => this.#steps.take('read', () => this.#stored),
        replace: (version, gathering) => this.#steps.take('replace', () => this.#replace(version, gathering)),
      },
      refreshes: {
        get: id => this.#steps.take('get', () => this.#shown(id)),
        recordMailed: (id, mailId) => this.#steps.take('mark', () => this.#mark(id, mailId)),
      },
      beside: distributionId =>
        this.#steps.take('beside', () =>
          [...this.#pointers].filter(([id]) => id !== distributionId).map(([, refreshId]) => refreshId),
        ),
      now: () => new Date(this.#time),
    };
  }

  #replace(version: number, gathering: Gathering): boolean {
    if (version !== this.#stored.version && this.#without !== 'compare-and-set') return false;
    const keepsMails = this.#without !== 'the item keeps what a mail tells until it is in the queue';
    const kept = keepsMails ? gathering : { ...gathering, mails: {} };
    this.#stored = { gathering: kept, version: this.#stored.version + 1 };
    return true;
  }

  #mark(id: string, mailId: string): void {
    if (this.#without === 'records are marked before the item forgets them') return;
    const record = this.#recordOf(id);
    if (record.end !== undefined) this.#records.set(id, { ...record, end: { ...record.end, mailId } });
  }

  #shown(id: string): Refresh {
    const record = this.#recordOf(id);
    const isForgotten = this.#without === 'one that has ended and not joined yet is awaited';
    if (record.end === undefined || !isForgotten) return record;
    return { ...record, end: { ...record.end, at: '2026-11-01T00:00:00.000Z' } };
  }

  #recordOf(id: string): Refresh {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`There is no record ${id}`);
    return record;
  }
}
