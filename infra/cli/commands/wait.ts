import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from '@commander-js/extra-typings';
import { openRefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import { createSiteBucket } from '../../../shared/aws/site-bucket.ts';
import { mapConcurrently } from '../../../shared/concurrently.ts';
import type { Stack } from '../aws/stack.ts';
import { CommandError, EXIT, type ExitCode } from '../command.ts';
import { timeLimit, type Upload, uploads } from '../option-values.ts';
import { addStackOptions, DISTRIBUTION_FLAGS, DISTRIBUTION_HELP, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted, printable } from '../terminal/words.ts';
import { stateOf, type UploadSources, type UploadState } from './awaited-upload.ts';

const LOOK_EVERY_MS = 1000;
/** Uploads that are looked at at the same time. */
const CONCURRENCY = 8;

const MORE_HELP = `
Exit codes: 0, the edge serves every upload; 1, a refresh failed, or a later upload has superseded one; 2, the arguments are wrong; 3, invalidated, but not verified; 4, not over within the time limit.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Waits until uploads are fresh at the edge, so that a pipeline may test the site.')
    .usage('--for KEY=ETAG ... [options]')
    .requiredOption('--for <upload...>', "key and ETag of an upload, as S3's answer to it says", uploads)
    .option('--timeout <time>', 'how long to wait: 90s, 15m, 2h', timeLimit, timeLimit('15m'))
    .option(DISTRIBUTION_FLAGS, DISTRIBUTION_HELP)
    .option('--json', 'print JSON: the state of each upload');
  addStackOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(options => onStack(options, stack => wait(options, stack, terminal)));
}

interface Options {
  readonly for: readonly Upload[];
  readonly timeout: number;
  readonly distribution?: string | undefined;
  readonly json?: boolean | undefined;
}

async function wait(
  { for: awaited, timeout, distribution, json }: Options,
  stack: Stack,
  { print, progress }: Terminal,
): Promise<void> {
  const sources = await sourcesOf(stack, distribution);
  const deadline = performance.now() + timeout;
  for (;;) {
    const states = await mapConcurrently(awaited, CONCURRENCY, async upload => ({
      ...upload,
      ...(await stateOf(upload, sources)),
    }));
    const pending = states.filter(({ state }) => state === 'pending');
    if (pending.length === 0 || performance.now() >= deadline) {
      print(json ? JSON.stringify(states) : states.map(describe).join('\n'));
      return requireFresh(states, timeout);
    }
    progress.update(() => `Waiting for ${counted(pending.length, 'upload')}: ${pending[0]?.reason}`);
    await pause(LOOK_EVERY_MS);
  }
}

async function sourcesOf(stack: Stack, distribution: string | undefined): Promise<UploadSources> {
  const table = openRefreshTable({
    tableName: await stack.output('RefreshTableName'),
    client: new DynamoDBClient(stack.client),
  });
  const distributionId = await stack.distribution(distribution);
  return {
    bucket: createSiteBucket(await stack.output('SiteBucketName'), new S3Client(stack.client)),
    records: table.edgeRecordsOf(distributionId),
    history: table.historyOf(distributionId),
    refresh: table.refreshes.get,
    changesOfKey: table.changesOfKey,
    now: () => new Date(),
  };
}

type AwaitedUpload = Upload & UploadState;

function describe({ key, state, refreshId, reason }: AwaitedUpload): string {
  const mark = state === 'fresh' ? '✓' : state === 'unasked' ? '?' : '✗';
  const refresh = refreshId === undefined ? '' : ` (refresh ${refreshId})`;
  return `${mark} ${printable(key)}: ${reason ?? 'fresh'}${refresh}`;
}

/** What each state is called at the end, and the exit code of such an upload; worst first. */
const ENDINGS: readonly (readonly [UploadState['state'], ExitCode, string])[] = [
  ['failed', EXIT.failed, 'not fresh'],
  ['superseded', EXIT.failed, 'superseded'],
  ['pending', EXIT.late, 'not fresh'],
  ['unasked', EXIT.unverified, 'not verified'],
];

/** @throws CommandError for the worst ending */
function requireFresh(uploads: readonly AwaitedUpload[], timeoutMs: number): void {
  for (const [ending, exitCode, words] of ENDINGS) {
    const such = uploads.filter(({ state }) => state === ending);
    if (such.length === 0) continue;
    const limit = ending === 'pending' ? ` after ${timeoutMs / 1000} s` : '';
    const is = such.length === 1 ? 'is' : 'are';
    throw new CommandError(`${counted(such.length, 'upload')} ${is} ${words}${limit}`, { exitCode });
  }
}
