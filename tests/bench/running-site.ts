import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';

/** Where a local cloud, or a part of one, is reached. */
export interface Reachable {
  readonly endpoint: string;
  /** Of the stack, as far as they are there. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Whose uploads a bench makes. */
export const UPLOADER = 'bench';

const POLL_MS = 100;

export type RunningSite = ReturnType<typeof runningSite>;

/** What the benches do with a site that runs, from outside, by AWS's APIs. */
export function runningSite({ endpoint, outputs }: Reachable) {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: UPLOADER, secretAccessKey: 'none' },
  };
  const sqs = new SQSClient(client);
  const stepFunctions = new SFNClient(client);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(client));

  /** Messages in a queue, those being worked on included. */
  async function waitingIn(QueueUrl = ''): Promise<number> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }

  async function isRefreshing(): Promise<boolean> {
    const { executions = [] } = await stepFunctions.send(
      new ListExecutionsCommand({
        stateMachineArn: outputs['RefreshStateMachineArn'],
        statusFilter: 'RUNNING',
        maxResults: 1,
      }),
    );
    return executions.length > 0;
  }

  async function isSettled(): Promise<boolean> {
    if ((await waitingIn(outputs['SiteChangesQueueUrl'])) > 0 || (await isRefreshing())) return false;
    return (await waitingIn(outputs['MailQueueUrl'])) === 0;
  }

  return {
    /** Without the SDK, which would take longer than what it asks for. */
    async put(key: string, body: string): Promise<void> {
      const { status } = await fetch(`${endpoint}/${outputs['SiteBucketName']}/${key}`, {
        method: 'PUT',
        headers: { authorization: authorizationOf(UPLOADER, 's3'), 'content-type': 'text/html' },
        body,
      });
      if (status !== 200) throw new Error(`The upload of ${key} was answered ${status}`);
    },
    waitingIn,
    /** Resolves when every change is collected, every refresh has ended and every mail is out. */
    async settled(): Promise<void> {
      while (!(await isSettled())) await pause(POLL_MS);
    },
    /** Every item of the refresh table. */
    async *refreshItems() {
      const TableName = outputs['RefreshTableName'];
      for await (const { Items = [] } of paginateScan({ client: documents }, { TableName })) yield* Items;
    },
  };
}
