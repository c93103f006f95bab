import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createRefreshExecutions } from '../../shared/aws/refresh-executions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { collect } from '../../shared/refresh/collect.ts';
import { summaryOf } from '../../shared/refresh/history.ts';
import { ManualRequest, pathProblems } from '../../shared/refresh/manual-request.ts';
import { type Refresh, refreshIdOf } from '../../shared/refresh/refresh.ts';
import {
  CommandError,
  DISTRIBUTION_OPTION,
  DISTRIBUTION_USAGE,
  STACK_OPTIONS,
  STACK_USAGE,
  type Stack,
  stackCommand,
} from './stack-command.ts';
import { counted, dollars, secondsBetween } from './text.ts';

const USAGE = `Refreshes paths at the edge: they join the open refresh, as uploads do.

  npm run refresh -- --paths '/docs/*' [more paths] [options]

  --paths PATH     path of an invalidation, encoded: / and what follows, a * at most at the end
  --wait           follow the refresh to its end
  --json           tell it as JSON, once: the refresh's id, or with --wait its summary
${DISTRIBUTION_USAGE}
${STACK_USAGE}

Exit codes: 0, asked for, with --wait fresh; 1, failed; 2, the arguments are wrong.
Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

/** Of the record, while it is followed. */
const LOOK_EVERY_MS = 500;

/** `npm run refresh` */
export const main = stackCommand({ usage: USAGE, readOptions, perform: refresh });

function readOptions(args: readonly string[]) {
  const options = {
    ...STACK_OPTIONS,
    ...DISTRIBUTION_OPTION,
    paths: { type: 'string', multiple: true, default: [] as string[] },
    wait: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const paths = [...new Set([...values.paths, ...positionals])];
  if (!values.help) checkPaths(paths);
  return { ...values, paths };
}

/** @throws Error naming the first path that is wrong */
function checkPaths(paths: readonly string[]): void {
  const parsed = ManualRequest.safeParse({ paths });
  if (!parsed.success) throw new Error(`Which paths? ${parsed.error.issues[0]?.message}`);
  const [first] = pathProblems(paths);
  if (first !== undefined) throw new Error(`--paths ${paths[first.index]}: ${first.problem}`);
}

type Options = ReturnType<typeof readOptions>;

async function refresh(
  { paths, distribution, wait, json }: Options,
  stack: Stack,
  print: (line: string) => void,
): Promise<void> {
  const table = openRefreshTable({
    tableName: await stack.output('RefreshTableName'),
    client: new DynamoDBClient(stack.client),
  });
  const refreshes = table.openRefreshOf(await stack.distribution(distribution));
  const executions = createRefreshExecutions(
    await stack.output('RefreshStateMachineArn'),
    new SFNClient(stack.client),
  );
  const newRefreshId = () => refreshIdOf(new Date(), randomUUID());

  const id = await collect({ objects: [], paths }, { refreshes, executions, newRefreshId });
  if (!json) print(`Refresh ${id}: ${counted(paths.length, 'path')} asked for`);
  if (!wait) {
    if (json) print(JSON.stringify({ id }));
    return;
  }

  const ended = await follow(() => table.refreshes.get(id), json ? () => undefined : print);
  if (json) print(JSON.stringify(summaryOf(ended)));
  if (ended.state !== 'fresh') throw new CommandError(`Refresh ${id} failed: ${ended.end?.failure}`);
}

/** Tells each state of a refresh, until it has ended. */
async function follow(
  look: () => Promise<Refresh | undefined>,
  print: (line: string) => void,
): Promise<Refresh> {
  let told = '';
  for (;;) {
    const now = await look();
    if (now === undefined) throw new CommandError('Its record is gone');
    const line = describeState(now);
    if (line !== told) print(`${new Date().toISOString().slice(11, 19)}  ${line}`);
    told = line;
    if (now.end !== undefined) return now;
    await pause(LOOK_EVERY_MS);
  }
}

function describeState(refresh: Refresh): string {
  const { state, quota, totals, invalidation, verification, startedAt, end } = refresh;
  switch (state) {
    case 'open':
      return quota === undefined
        ? 'open: waiting until uploads are quiet'
        : `open again: CloudFront has refused ${counted(quota.refusals, 'time')}, so many invalidations are in progress`;
    case 'closed':
      return 'closed: planning its paths';
    case 'invalidating':
      return `invalidating ${invalidation?.id}: ${counted(totals?.pathCount ?? 0, 'path')}, ${dollars(totals?.totalCostUsd ?? 0)}`;
    case 'verifying':
      return 'verifying: asking the edge for every URL';
    case 'fresh':
      return `fresh after ${secondsBetween(startedAt, end?.at ?? '')}: ${counted(verification?.result?.verified ?? 0, 'URL')} verified`;
    case 'failed':
      return `failed after ${secondsBetween(startedAt, end?.at ?? '')}`;
  }
}
