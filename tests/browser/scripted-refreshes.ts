import { z } from 'zod';
import { pathProblem } from '../../shared/planning/path-spelling.ts';
import type {
  MonthUse,
  PauseNotice,
  RefreshDetails,
  RefreshSummary,
} from '../../shared/refresh/api-contract.ts';
import { type ApiAnswer, refusal } from './scripted-answer.ts';

const Asked = z.object({ paths: z.array(z.string()) });

/** The contract of the refreshes API, in memory: refreshes are what a scenario says they are. */
export class ScriptedRefreshes {
  pause: PauseNotice | undefined;
  #refreshes: readonly RefreshDetails[] = [];
  #month: MonthUse = { month: '2026-11', paths: 123, freePaths: 1000, pathPriceUsd: 0.005, costUsd: 0 };

  reset(): void {
    this.#refreshes = [];
    this.pause = undefined;
    this.useMonth({ paths: 123, costUsd: 0 });
  }

  /** Adds refreshes, or replaces those with the same id. */
  set(...refreshes: readonly RefreshDetails[]): void {
    const ids = new Set(refreshes.map(({ id }) => id));
    this.#refreshes = [...this.#refreshes.filter(({ id }) => !ids.has(id)), ...refreshes].sort(
      (one, other) => (one.id < other.id ? 1 : -1),
    );
  }

  useMonth(use: Partial<MonthUse>): void {
    this.#month = { ...this.#month, ...use };
  }

  list(query: URLSearchParams): ApiAnswer {
    const start = Number(query.get('next') ?? '0');
    const end = start + Number(query.get('limit') ?? '20');
    const refreshes = this.#refreshes.slice(start, end).map(summaryOf);
    const next = end < this.#refreshes.length ? { next: String(end) } : {};
    return { status: 200, json: { refreshes, ...next, month: this.#month, pause: this.pause } };
  }

  read(id: string): ApiAnswer {
    const refresh = this.#refreshes.find(candidate => candidate.id === id);
    return refresh
      ? { status: 200, json: refresh }
      : refusal(404, 'RefreshNotFound', `There is no refresh ${id}.`);
  }

  ask(body: unknown): ApiAnswer {
    const { paths } = Asked.parse(body);
    const problems = paths.flatMap((path, index) => {
      const message = pathProblem(path);
      return message === undefined ? [] : [{ field: `paths[${index}]`, message }];
    });
    if (problems.length > 0) return refusal(400, 'ValidationFailed', 'Check the paths.', problems);
    const asked = refreshOf({
      id: ASKED_ID,
      state: 'open',
      startedAt: '2026-11-22T08:02:10.000Z',
      requestedPaths: [...paths],
    });
    this.set(asked);
    return { status: 202, json: { id: asked.id }, headers: { location: `/refreshes/${asked.id}` } };
  }
}

/** The refresh that takes what is asked for by hand. */
export const ASKED_ID = '20261122T080210Z-a5ced001';

function summaryOf(refresh: RefreshDetails): RefreshSummary {
  const { changes, requestedPaths, paths, invalidation, timeline, verification, ...summary } = refresh;
  return summary;
}

/** A refresh of one file, fresh after 4.2 s, but for what is said otherwise. */
export function refreshOf(said: Partial<RefreshDetails> = {}): RefreshDetails {
  const { state = 'fresh', startedAt = '2026-11-22T07:58:00.000Z' } = said;
  const changes = said.changes ?? (said.requestedPaths ? [] : [changeOf('styles.css', startedAt)]);
  const hasEnded = ['fresh', 'unasked', 'failed'].includes(state);
  const isClosed = state !== 'open';
  const wasSent = isClosed && state !== 'closed';
  const at = (ms: number) => new Date(Date.parse(startedAt) + ms).toISOString();
  const paths = said.paths ?? (wasSent ? changes.map(({ key }) => pathOf(`/${key}`, [key])) : []);
  const invalidation = { id: 'I2J0I21PCUYOIK', status: 'InProgress', createTime: at(2400) };
  return {
    id: `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-00000001`,
    state,
    startedAt,
    ...(hasEnded ? { finishedAt: at(4200) } : {}),
    ...(isClosed
      ? { changeCount: changes.length, requestedPathCount: said.requestedPaths?.length ?? 0 }
      : {}),
    pathCount: paths.length,
    needlessPurges: 0,
    costUsd: 0,
    skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
    round: 1,
    refusals: 0,
    changes,
    requestedPaths: [],
    paths,
    ...(wasSent
      ? {
          invalidationId: invalidation.id,
          invalidation: { ...invalidation, status: state === 'invalidating' ? 'InProgress' : 'Completed' },
        }
      : {}),
    timeline: timelineOf(state, at),
    ...(state === 'fresh'
      ? {
          verification: {
            verified: changes.length,
            superseded: 0,
            urls: changes.map(({ key }) => `/${key}`),
          },
        }
      : {}),
    ...said,
  };
}

export function changeOf(key: string, eventTime: string): RefreshDetails['changes'][number] {
  return { key, removed: false, eventTime };
}

export function pathOf(path: string, keys: readonly string[]): RefreshDetails['paths'][number] {
  return { path, needlessPurges: 0, keys: keys.slice(0, 5), keyCount: keys.length, requestedPaths: [] };
}

function timelineOf(
  state: RefreshDetails['state'],
  at: (milliseconds: number) => string,
): RefreshDetails['timeline'] {
  const reached = { open: 1, closed: 2, invalidating: 3, verifying: 4, failed: 4, unasked: 4, fresh: 5 }[
    state
  ];
  const steps: RefreshDetails['timeline'] = [
    { step: 'uploaded', at: at(-300) },
    { step: 'closed', at: at(2100) },
    { step: 'invalidated', at: at(2400) },
    { step: 'completed', at: at(3700) },
    { step: 'verified', at: at(4000) },
  ];
  const hasEnded = ['fresh', 'unasked', 'failed'].includes(state);
  return [...steps.slice(0, reached), ...(hasEnded ? [{ step: 'finished' as const, at: at(4200) }] : [])];
}
