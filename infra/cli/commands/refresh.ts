import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from '@commander-js/extra-typings';
import { spell } from '../../../shared/edition/spell.ts';
import { collect } from '../../../shared/refresh/collect.ts';
import { summaryOf } from '../../../shared/refresh/history.ts';
import { type Asked, askedIn, ManualRequest, NO_TAGS } from '../../../shared/refresh/manual-request.ts';
import { isPaused } from '../../../shared/refresh/pause.ts';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import { adviceOnUnasked } from '../../../shared/refresh/unasked-advice.ts';
import { openPipeline, type Pipeline } from '../aws/pipeline.ts';
import type { Stack } from '../aws/stack.ts';
import { CommandError, EXIT } from '../command.ts';
import { cacheTags, invalidationPaths, timeLimit } from '../option-values.ts';
import { pauseWords } from '../pausing.ts';
import { addStackOptions, DISTRIBUTION_FLAGS, DISTRIBUTION_HELP, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted, dollars, secondsBetween } from '../terminal/words.ts';

/** How often the record of a refresh is read while it is followed. */
const LOOK_EVERY_MS = 500;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Refreshes paths and cache tags at the edge. They join the open refresh, as uploads do.')
    .usage("--paths '/docs/*' ... [options]")
    .argument('[path...]', 'the same as --paths', invalidationPaths)
    .option(
      '--paths <path...>',
      'paths to invalidate, percent-encoded: / and what follows, with a * at most at the end',
      invalidationPaths,
    )
    .option(
      '--tag <tag...>',
      'cache tags to invalidate, where the distribution has CacheTagConfig',
      cacheTags,
    )
    .option(DISTRIBUTION_FLAGS, DISTRIBUTION_HELP)
    .option('--wait', 'follow the refresh until it has ended')
    .option(
      '--timeout <time>',
      'how long to follow it: 90s, 15m, 2h (default: until it has ended)',
      timeLimit,
    )
    .option('--json', "print JSON: the refresh's id, or with --wait its summary");
  addStackOptions(options)
    .addHelpText(
      'after',
      '\nExit codes: 0, asked for, with --wait fresh; 1, failed; 2, the arguments are wrong; 3, with --wait invalidated, but not verified; 4, not over within --timeout.',
    )
    .action((more = [], { paths = [], tag: tags, ...options }, self) => {
      const all = [...paths, ...more];
      const parsed = ManualRequest.safeParse({
        ...(all.length === 0 && tags !== undefined ? {} : { paths: all }),
        ...(tags === undefined ? {} : { tags }),
      });
      if (!parsed.success) return self.error(`Which paths? ${parsed.error.issues[0]?.message}`);
      return onStack(options, stack => refresh(askedIn(parsed.data), options, stack, terminal));
    });
}

interface Options {
  readonly distribution?: string | undefined;
  readonly wait?: boolean | undefined;
  readonly timeout?: number | undefined;
  readonly json?: boolean | undefined;
}

async function refresh(
  asked: Asked,
  { distribution, wait, timeout, json }: Options,
  stack: Stack,
  { print, progress }: Terminal,
): Promise<void> {
  const { table, collectingFor } = await openPipeline(stack);
  const distributionId = await stack.distribution(distribution);
  await requireTags(asked, distributionId, table);
  const pause = await table.pauses.current();
  if (isPaused(pause)) throw new CommandError(`${pauseWords(pause)}. Ask again after ${spell('resume')}.`);
  const id = await collect({ objects: [], ...asked }, collectingFor(distributionId));
  if (!json) print(`Refresh ${id}: ${described(asked)} asked for`);
  if (!wait) {
    if (json) print(JSON.stringify({ id }));
    return;
  }

  const tell = json ? () => undefined : progress.step;
  const ended = await follow(() => table.refreshes.get(id), tell, timeout);
  if (json) print(JSON.stringify(summaryOf(ended)));
  requireFresh(ended);
  if (!json) print(describeState(ended));
}

/** @throws CommandError if there are tags, and the distribution takes none */
async function requireTags({ tags }: Asked, distributionId: string, table: Pipeline['table']): Promise<void> {
  if (tags.length === 0) return;
  const { description } = await table.distributions.get(distributionId);
  if (description.cacheTagHeader === undefined) throw new CommandError(NO_TAGS);
}

function described({ paths, tags }: Asked): string {
  return [
    ...(paths.length === 0 ? [] : [counted(paths.length, 'path')]),
    ...(tags.length === 0 ? [] : [counted(tags.length, 'tag')]),
  ].join(' and ');
}

/** @throws CommandError saying how the refresh ended instead */
function requireFresh({ id, state, end }: Refresh): void {
  if (state === 'fresh') return;
  if (end?.unasked === undefined) throw new CommandError(`Refresh ${id} failed: ${end?.failure}`);
  const { code, reason } = end.unasked;
  throw new CommandError(`Refresh ${id} was not verified: ${reason}. ${adviceOnUnasked(code)}`, {
    exitCode: EXIT.unverified,
  });
}

/**
 * Tells each state of a refresh but its last.
 *
 * @returns the refresh once it has ended
 * @throws CommandError if it has not ended in time
 */
async function follow(
  look: () => Promise<Refresh | undefined>,
  tell: (line: string) => void,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<Refresh> {
  const deadline = performance.now() + timeoutMs;
  let told = '';
  for (;;) {
    const now = await look();
    if (now === undefined) throw new CommandError('Its record is gone');
    if (now.end !== undefined) return now;
    const line = describeState(now);
    if (line !== told) tell(`${new Date().toISOString().slice(11, 19)}  ${line}`);
    told = line;
    if (performance.now() >= deadline)
      throw new CommandError(`Refresh ${now.id} is not over after ${timeoutMs / 1000} s`, {
        exitCode: EXIT.late,
      });
    await pause(LOOK_EVERY_MS);
  }
}

function describeState(refresh: Refresh): string {
  const { state, quota, totals, invalidation, verification, startedAt, end } = refresh;
  const took = secondsBetween(startedAt, end?.at ?? startedAt);
  switch (state) {
    case 'open':
      return quota === undefined
        ? 'open: waiting for uploads to end'
        : `open again: CloudFront has refused ${counted(quota.refusals, 'time')}, as too many invalidations are in progress`;
    case 'closed':
      return 'closed: planning its paths';
    case 'invalidating':
      return `invalidating ${invalidation?.id}: ${counted(totals?.pathCount ?? 0, 'path')}, ${dollars(totals?.totalCostUsd ?? 0)}`;
    case 'verifying':
      return 'verifying: asking the edge for every URL';
    case 'fresh':
      return `Fresh after ${took}: ${counted(verification?.result?.verified ?? 0, 'URL')} verified`;
    case 'unasked':
      return `Invalidated after ${took}, but not verified`;
    case 'failed':
      return `Failed after ${took}`;
  }
}
