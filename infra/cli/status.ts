import { parseArgs } from 'node:util';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { listRefreshes } from '../../shared/refresh/history.ts';
import { readCdkJson } from '../settings.ts';
import { invalidationsSince } from './invalidations.ts';
import { countIn, deadLettersOf, QUEUE_OUTPUTS } from './queues.ts';
import {
  CommandError,
  DISTRIBUTION_OPTION,
  DISTRIBUTION_USAGE,
  STACK_OPTIONS,
  STACK_USAGE,
  type Stack,
  stackCommand,
} from './stack-command.ts';
import { describeStatus, type QueueStatus, type Status } from './status-report.ts';

/** What a deployment is made with, but for `-c` options. */
const DEPLOYED = readCdkJson();

const USAGE = `Shows whether the edge is fresh: the last refreshes, what the month has come to, what waits.

  npm run status -- [options]

  --limit N        so many refreshes, 1 to 100 (10)
  --json           tell it as JSON
${DISTRIBUTION_USAGE}
${STACK_USAGE}

Prices are those of cdk.json: $${DEPLOYED.pathPriceUsd} a path beyond ${DEPLOYED.freePathsPerMonth} a month.
Exit codes: 0, all is well; 1, the refresh that ended last failed, or there are dead letters; 2, the arguments are wrong.
Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

/** `npm run status` */
export const main = stackCommand({ usage: USAGE, readOptions, perform: showStatus });

function readOptions(args: readonly string[]) {
  const options = {
    ...STACK_OPTIONS,
    ...DISTRIBUTION_OPTION,
    limit: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw new Error(`--limit ${values.limit}: it must be a whole number from 1 to 100`);
  return { ...values, limit };
}

async function showStatus(
  { limit, json, distribution }: ReturnType<typeof readOptions>,
  stack: Stack,
  print: (line: string) => void,
): Promise<void> {
  const status = await readStatus(limit, await stack.distribution(distribution), stack);
  print(json ? JSON.stringify(status) : describeStatus(status));
  const last = status.refreshes.find(({ finishedAt }) => finishedAt !== undefined);
  if (last?.state === 'failed') throw new CommandError(`Refresh ${last.id} failed: ${last.failure}`);
  if (status.queues.some(({ deadLetters }) => deadLetters > 0))
    throw new CommandError(
      'There are dead letters: see RUNBOOK.md#site-changes-dead-letters, #mail-dead-letters',
    );
}

async function readStatus(limit: number, distributionId: string, stack: Stack): Promise<Status> {
  const tableName = await stack.output('RefreshTableName');
  const table = openRefreshTable({ tableName, client: new DynamoDBClient(stack.client) });
  const [{ refreshes, next, month }, queues] = await Promise.all([
    listRefreshes(
      { limit },
      {
        pages: table.historyOf(distributionId),
        pathUse: table.pathUse,
        pathPriceUsd: DEPLOYED.pathPriceUsd,
        freePathsPerMonth: DEPLOYED.freePathsPerMonth,
        now: () => new Date(),
      },
    ),
    readQueues(stack),
  ]);
  // Of an earlier time, only those of refreshes that are not shown.
  const since = next === undefined ? undefined : refreshes.at(-1)?.startedAt;
  const known = new Set(refreshes.flatMap(({ invalidationId = [] }) => invalidationId));
  const invalidations = await invalidationsSince(since, {
    client: new CloudFrontClient(stack.client),
    distributionId,
    isKnown: id => known.has(id),
  });
  return { distributionId, refreshes, invalidations, month, queues };
}

async function readQueues(stack: Stack): Promise<QueueStatus[]> {
  const sqs = new SQSClient(stack.client);
  return await Promise.all(
    QUEUE_OUTPUTS.map(async output => {
      const QueueUrl = await stack.output(output);
      const [{ Attributes = {} }, deadLetters] = await Promise.all([
        sqs.send(
          new GetQueueAttributesCommand({
            QueueUrl,
            AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
          }),
        ),
        deadLettersOf(QueueUrl, sqs).then(({ url }) => countIn(url, sqs)),
      ]);
      return {
        name: QueueUrl.split('/').at(-1) ?? '',
        waiting: Number(Attributes.ApproximateNumberOfMessages),
        inWork: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
        deadLetters,
      };
    }),
  );
}
