import { RefreshDetails } from '../../../../../shared/refresh/api-contract.ts';
import { summaryOf } from '../../../../../shared/refresh/history.ts';
import type { Refresh } from '../../../../../shared/refresh/refresh.ts';
import type { Stack } from '../../../aws/stack.ts';
import { CommandError } from '../../../command.ts';
import { counted } from '../../../terminal/words.ts';
import { confirmed, type Finding, refuted, untestable } from '../../finding.ts';
import type { Probe, Trial } from '../trial.ts';
import { isHit, STORED, type View } from '../viewer.ts';

/** The API behind the site, for stacks that have one. Nothing personal is read. */
export const api: Probe = {
  name: 'the API',
  asksEdge: true,
  cost: { files: 0, paths: 0 },
  async *run(trial) {
    if (!(await hasApi(trial.stack))) {
      yield { about: 'the API', ...untestable(`the stack ${trial.stack.name} has none`) };
      return;
    }
    const refresh = await newestRefresh(trial);
    const views: View[] = [];
    if (refresh !== undefined) {
      const path = `/api/refreshes/${refresh.id}`;
      const view = await trial.viewer.view(path, STORED);
      yield judgeDetails(refresh, view);
      views.push(view, await trial.viewer.view(path, STORED));
    }
    const unknown = `/api/students/${UNKNOWN_STUDENT}`;
    const missing = await trial.viewer.view(unknown, STORED);
    yield judgeMissing(missing);
    yield judgeUnkept([...views, missing, await trial.viewer.view(unknown, STORED)]);
  },
};

const UNKNOWN_STUDENT = 'DOCTOR-NOBODY';

async function hasApi(stack: Stack): Promise<boolean> {
  try {
    await stack.output('ApiUrl');
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

async function newestRefresh({ site, refreshes }: Trial): Promise<Refresh | undefined> {
  const newest = refreshes.ended.at(-1);
  if (newest !== undefined) return newest;
  const { table, distribution } = site;
  const { refreshes: listed } = await table.historyOf(distribution.id).page({ limit: 20 });
  const ended = listed.find(({ end }) => end !== undefined);
  return ended === undefined ? undefined : table.refreshes.get(ended.id);
}

/** Whether the API tells of a refresh what its record says. */
export function judgeDetails(refresh: Refresh, { path, status, body }: View): Finding {
  const about = 'the API and the history';
  const told = status === 200 ? RefreshDetails.safeParse(jsonOf(body)).data : undefined;
  if (told === undefined)
    return { about, ...refuted(`GET ${path} answers ${status}: ${body.slice(0, 80)}`, LOGS) };
  const recorded = summaryOf(refresh);
  const differing = (['id', 'state', 'pathCount', 'invalidationId', 'costUsd'] as const).filter(
    name => told[name] !== recorded[name],
  );
  if (differing.length === 0)
    return {
      about,
      ...confirmed(
        `GET ${path} says ${told.state}, ${counted(told.pathCount, 'path')}, invalidation ${told.invalidationId ?? 'none'}, as the table does`,
      ),
    };
  const differences = differing.map(name => `${name} is ${told[name]}, in the table ${recorded[name]}`);
  return { about, ...refuted(`GET ${path}: ${differences.join('; ')}`, LOGS) };
}

/** Whether the students' API answers in its own words. */
export function judgeMissing({ path, status, body }: View): Finding {
  const about = 'the API answers through the edge';
  const evidence = `GET ${path} answers ${status}`;
  if (status === 404 && body.includes('"StudentNotFound"'))
    return { about, ...confirmed(`${evidence}, StudentNotFound`) };
  return { about, ...refuted(`${evidence}: ${body.slice(0, 80)}`, LOGS) };
}

/** Whether the edge keeps none of the API's answers, errors included. */
export function judgeUnkept(views: readonly View[]): Finding {
  const about = 'the edge keeps no answer of the API';
  const kept = views.find(view => isHit(view) || view.hasAge);
  if (kept === undefined)
    return {
      about,
      ...confirmed(`${views.length} answers to URLs asked twice, none of them from the cache`),
    };
  return {
    about,
    ...refuted(
      `GET ${kept.path} was answered ${kept.status} from the cache: "${kept.xCache}"`,
      'The behaviour /api/* needs the cache policy CachingDisabled: deploy again.',
    ),
  };
}

const LOGS = 'See the logs of the API’s functions, and RUNBOOK.md#api-5xx.';

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
