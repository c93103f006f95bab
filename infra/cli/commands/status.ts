import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from '@commander-js/extra-typings';
import { openRefreshTable, type RefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import { createKnownIdentities } from '../../../shared/aws/sender-identities.ts';
import { senderState } from '../../../shared/mail/sender.ts';
import { listRefreshes } from '../../../shared/refresh/history.ts';
import { countOf } from '../../../shared/refresh/pause.ts';
import { readCdkJson } from '../../settings.ts';
import { invalidationsSince } from '../aws/invalidations.ts';
import { queueUrlsOf, readQueue } from '../aws/queues.ts';
import type { Stack } from '../aws/stack.ts';
import { CommandError, EXIT } from '../command.ts';
import { wholeNumber } from '../option-values.ts';
import { addStackOptions, DISTRIBUTION_FLAGS, DISTRIBUTION_HELP, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeStatus, doubtOf, problemsOf, type Status } from './status-report.ts';

/** What a deployment without `-c` options is made with. */
const DEPLOYED = readCdkJson();

const MORE_HELP = `
Prices are those of cdk.json: $${DEPLOYED.pathPriceUsd} a path beyond ${DEPLOYED.freePathsPerMonth} a month.
Exit codes: 0, all is well; 1, the refresh that ended last failed, there are dead letters, or SES does not send the mails; 2, the arguments are wrong; 3, the refresh that ended last could not be verified.`;

export function define(command: Command, { page, print, progress }: Terminal): void {
  const options = command
    .description(
      'Shows whether the edge is fresh: the last refreshes, the cost of the month, what is waiting.',
    )
    .option('--limit <count>', 'number of refreshes, 1 to 100', wholeNumber({ min: 1, max: 100 }), 10)
    .option(DISTRIBUTION_FLAGS, DISTRIBUTION_HELP)
    .option('--json', 'print the status as JSON');
  addStackOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(async ({ limit, json, distribution, ...address }) => {
      progress.update(() => 'Asking AWS');
      const status = await onStack(address, async stack =>
        readStatus(limit, await stack.distribution(distribution), stack),
      );
      print(json ? JSON.stringify(status) : describeStatus(status, page));
      const problems = problemsOf(status);
      if (problems.length > 0) throw new CommandError(problems.join('\n'));
      const doubt = doubtOf(status);
      if (doubt !== undefined) throw new CommandError(doubt, { exitCode: EXIT.unverified });
    });
}

async function readStatus(limit: number, distributionId: string, stack: Stack): Promise<Status> {
  const tableName = await stack.output('RefreshTableName');
  const table = openRefreshTable({ tableName, client: new DynamoDBClient(stack.client) });
  const sqs = new SQSClient(stack.client);
  const [{ refreshes, next, month }, queues, sender, pause, outside] = await Promise.all([
    listRefreshes(
      { limit },
      {
        pages: table.historyOf(distributionId),
        pathUse: table.pathUse,
        pauses: table.pauses,
        pathPriceUsd: DEPLOYED.pathPriceUsd,
        freePathsPerMonth: DEPLOYED.freePathsPerMonth,
        maxPathsPerMonth: DEPLOYED.maxPathsPerMonth,
        now: () => new Date(),
      },
    ),
    queueUrlsOf(stack).then(urls => Promise.all(urls.map(url => readQueue(url, sqs)))),
    readSender(stack),
    readPause(table, distributionId),
    table.outsideKeys.recent(),
  ]);
  // Invalidations of refreshes that are not shown are left out, too.
  const since = next === undefined ? undefined : refreshes.at(-1)?.startedAt;
  const known = new Set(refreshes.flatMap(({ invalidationId = [] }) => invalidationId));
  const invalidations = await invalidationsSince(since, {
    client: new CloudFrontClient(stack.client),
    distributionId,
    isKnown: id => known.has(id),
  });
  const ignored = outside === undefined ? {} : { outside };
  return { distributionId, refreshes, invalidations, month, ...pause, queues, sender, ...ignored };
}

async function readPause(table: RefreshTable, distributionId: string): Promise<Pick<Status, 'pause'>> {
  const pause = await table.pauses.current();
  if (pause === undefined) return {};
  const held = countOf(await table.heldChangesOf(distributionId).heldBy(pause.id));
  return { pause: { ...pause, held } };
}

async function readSender(stack: Stack): Promise<Status['sender']> {
  const [address, region] = [await stack.output('MailFrom'), await stack.output('MailRegion')];
  const identities = createKnownIdentities(new SESv2Client({ ...stack.client, region }));
  return { address, region, state: await senderState(address, identities) };
}
