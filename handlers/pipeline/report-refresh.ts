import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod/mini';
import { createEventBus } from '../../shared/aws/event-bus.ts';
import { createMailQueue } from '../../shared/aws/mail-queue.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import { type RefreshOutcome, type ReportDependencies, report } from '../../shared/refresh/report.ts';
import { Unasked } from '../../shared/refresh/unasked.ts';
import { untoldIn } from '../../shared/sites/unknowns.ts';

/** The error that Step Functions caught. */
const Failure = z.object({ Error: z.string(), Cause: z._default(z.string(), '') });

const Input = z.object({
  refreshId: z.string(),
  /** Present if the refresh failed. */
  failure: z.optional(Failure),
  /** Present if the edge could not be asked. */
  unasked: z.optional(Unasked),
});

/** Stage report, whichever way a refresh ended: history, metrics, mail, event. */
export function createHandler(dependencies: ReportDependencies) {
  return observed(async (input: unknown) => {
    const { refreshId, ...end } = parsed(Input, input, 'The input of the stage report');
    const at = dependencies.now();
    const { outcome, startedAt, finishedAt, pathCount, skipped, unasked } = await report(
      refreshId,
      outcomeOf(end),
      { ...dependencies, now: () => at },
    );
    const { unchanged, neverCached, duplicate } = skipped;
    const milliseconds = Date.parse(finishedAt) - Date.parse(startedAt);
    logger.info('Reported', { refreshId, outcome, milliseconds, paths: pathCount, skipped, unasked });
    // A repetition finds the first end, which has been counted.
    if (finishedAt !== at.toISOString()) return { outcome };
    metrics.addMetric('FilesSkipped', MetricUnit.Count, unchanged + neverCached + duplicate);
    countEnding(outcome, milliseconds);
    return { outcome };
  });
}

function countEnding(outcome: RefreshOutcome['state'], milliseconds: number): void {
  switch (outcome) {
    case 'fresh':
      metrics.addMetric('RefreshesFresh', MetricUnit.Count, 1);
      metrics.addMetric('TimeToFresh', MetricUnit.Milliseconds, milliseconds);
      return;
    case 'unasked':
      metrics.addMetric('RefreshesUnasked', MetricUnit.Count, 1);
      return;
    case 'failed':
      metrics.addMetric('RefreshesFailed', MetricUnit.Count, 1);
  }
}

function outcomeOf({ failure, unasked }: Omit<z.infer<typeof Input>, 'refreshId'>): RefreshOutcome {
  if (failure !== undefined) return { state: 'failed', failure: describe(failure) };
  return unasked === undefined ? { state: 'fresh' } : { state: 'unasked', unasked };
}

/**
 * The message in a Lambda's error. Step Functions cuts long causes, so they may not be whole JSON.
 */
const ERROR_MESSAGE = /"errorMessage":("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")/u;

/** A failed Lambda's cause is JSON with an `errorMessage`; a failed AWS call's is plain text. */
function describe({ Error: name, Cause: cause }: z.infer<typeof Failure>): string {
  const message = ERROR_MESSAGE.exec(cause)?.[1];
  const reason = message === undefined ? cause : z.string().parse(JSON.parse(message));
  return (reason === '' ? name : `${name}: ${reason}`).slice(0, 1000).toWellFormed();
}

const settings = readSettings({
  REFRESH_TABLE: setting.text,
  MAIL_QUEUE_URL: setting.url,
  MAIL_WHEN: setting.mailPolicy,
  DISTRIBUTION_IDS: setting.list,
  POWERTOOLS_SERVICE_NAME: setting.text,
});

const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });
const { refreshes, mailedReasons, distributions, outsideKeys, gathering } = table;
const now = () => new Date();

/** The refreshes that the other distributions are in, or were in last. */
async function beside(distributionId: string): Promise<string[]> {
  const others = settings.DISTRIBUTION_IDS.filter(id => id !== distributionId);
  const current = await Promise.all(others.map(id => table.openRefreshOf(id).current()));
  return current.filter(id => id !== undefined);
}

export const handler = createHandler({
  refreshes,
  mailedReasons,
  async untoldOf(distributionId) {
    const known = await distributions.find(distributionId);
    return known === undefined ? [] : untoldIn(known.told, known.description);
  },
  outsideKeys,
  outbox: createMailQueue(settings.MAIL_QUEUE_URL),
  mailPolicy: settings.MAIL_WHEN,
  events: createEventBus(),
  pipeline: settings.POWERTOOLS_SERVICE_NAME,
  ...(settings.DISTRIBUTION_IDS.length > 1 ? { jointMail: { gathering, refreshes, beside, now } } : {}),
  now,
});
