import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { mapConcurrently } from '../../shared/concurrently.ts';
import { setup as synthesise } from '../helpers/synthesise.ts';
import { measure } from './measure.ts';
import { type Print, printTable } from './report.ts';
import type { Host, Memory, Side } from './soak-host.ts';

/** After each the memory is measured, once every refresh has ended. */
const DEPLOYS = 4;
/** Of the site; each is uploaded again and again, with another content each time. */
const KEYS = 1000;
const PARALLEL_UPLOADS = 32;
/** Uploads in a row; before the next one the uploader waits while more changes than these wait to be collected. */
const BURST = 500;
const MOST_WAITING = 1500;
/** Until here caches, pools and compiled code grow to their size. */
const WARM_UP_SHARE = 0.4;
const POLL_MS = 100;

/**
 * Uploads without end: whether the local cloud's memory stays flat, whether anything is lost, and how fast it is beside its
 * emulators of buckets and queues alone.
 *
 * @param uploads how many in all
 * @throws Error naming what was lost
 */
export async function benchSoak(print: Print, uploads: number): Promise<void> {
  await synthesise();
  const alone = await withHost('emulators', async ({ host }) => {
    const site = siteOf(host);
    return measure(async () => {
      await upload(site, 0, uploads, async () => undefined);
      // The answer to an upload does not wait for its event.
      while ((await site.waiting()) < uploads) await pause(POLL_MS);
    });
  });
  await withHost('cloud', async ({ host, memory }) => {
    const site = siteOf(host);
    const samples: Sample[] = [];
    let milliseconds = 0;
    for (let deploy = 0; deploy < DEPLOYS; deploy++) {
      const [from, until] = [deploy, deploy + 1].map(share => Math.round((share * uploads) / DEPLOYS));
      milliseconds += await measure(async () => {
        await upload(site, from ?? 0, until ?? 0, site.room);
        await site.settled();
      });
      samples.push({ uploads: until ?? 0, ...(await memory()) });
      console.log(`${until} uploads, ${(milliseconds / 1000).toFixed(0)} s`, samples.at(-1));
    }
    const kept = await site.requireNothingLost(uploads);
    printMemory(print, samples);
    const rate = (time: number) => `${((uploads / time) * 1000).toFixed(0)} uploads/s`;
    print('```');
    print(`until each was verified at the edge  ${rate(milliseconds)}`);
    print(`buckets and queues alone             ${rate(alone)}`);
    print(`throughput ratio ${(alone / milliseconds).toFixed(3)}`);
    print(`${uploads} uploads of ${KEYS} keys: ${kept}`);
    print('```');
  });
}

interface Sample extends Memory {
  readonly uploads: number;
}

async function withHost<T>(
  side: Side,
  work: (side: { readonly host: Host; readonly memory: () => Promise<Memory> }) => Promise<T>,
): Promise<T> {
  const child = fork(join(import.meta.dirname, 'soak-host.ts'), [side], { execArgv: ['--expose-gc'] });
  const answer = async () => (await once(child, 'message'))[0];
  try {
    const host = (await answer()) as Host;
    const memory = async () => {
      child.send('memory');
      return (await answer()) as Memory;
    };
    return await work({ host, memory });
  } finally {
    const ended = once(child, 'exit');
    child.send('stop');
    await ended;
  }
}

type Site = ReturnType<typeof siteOf>;

function siteOf({ endpoint, siteUrl, outputs }: Host) {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'soak', secretAccessKey: 'none' },
  };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const sqs = new SQSClient(client);
  const stepFunctions = new SFNClient(client);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const {
    SiteBucketName: Bucket,
    SiteChangesQueueUrl = '',
    RefreshStateMachineArn,
    RefreshTableName,
  } = outputs;

  async function waiting(QueueUrl: string): Promise<number> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    return (
      Number(Attributes?.['ApproximateNumberOfMessages']) +
      Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'])
    );
  }

  async function isRunning(): Promise<boolean> {
    const { executions = [] } = await stepFunctions.send(
      new ListExecutionsCommand({
        stateMachineArn: RefreshStateMachineArn,
        statusFilter: 'RUNNING',
        maxResults: 1,
      }),
    );
    return executions.length > 0;
  }

  /** The ETags of all changes that are in a refresh that ended fresh, and how many refreshes there are. */
  async function freshChanges() {
    const changes: { readonly refresh: string; readonly eTag: string }[] = [];
    const states = new Map<string, string>();
    for await (const { Items = [] } of paginateScan({ client: documents }, { TableName: RefreshTableName })) {
      for (const { pk, sk, state, eTag } of Items) {
        if (sk === 'refresh') states.set(pk, state);
        if (sk.startsWith('change#')) changes.push({ refresh: pk, eTag });
      }
    }
    const fresh = changes.filter(({ refresh }) => states.get(refresh) === 'fresh');
    return { eTags: new Set(fresh.map(({ eTag }) => eTag)), refreshes: states.size };
  }

  return {
    put: (number: number) =>
      s3.send(new PutObjectCommand({ Bucket, Key: keyOf(number), Body: contentOf(number) })),
    waiting: () => waiting(SiteChangesQueueUrl),
    async room() {
      while ((await waiting(SiteChangesQueueUrl)) > MOST_WAITING) await pause(POLL_MS);
    },
    async settled() {
      while ((await waiting(SiteChangesQueueUrl)) > 0 || (await isRunning())) await pause(POLL_MS);
    },
    async requireNothingLost(uploads: number): Promise<string> {
      const { eTags, refreshes } = await freshChanges();
      for (let number = 0; number < uploads; number++) {
        const eTag = createHash('md5').update(contentOf(number)).digest('hex');
        if (!eTags.has(eTag)) throw new Error(`Upload ${number} is in no refresh that ended fresh`);
      }
      for (let number = Math.max(0, uploads - KEYS); number < uploads; number++) {
        const seen = await (await fetch(`${siteUrl}/${keyOf(number)}`)).text();
        if (seen !== contentOf(number)) throw new Error(`The edge does not serve upload ${number}`);
      }
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
      for (const url of QueueUrls) {
        const left = await waiting(url);
        if (left > 0) throw new Error(`${left} messages are left in ${url}`);
      }
      return `each in one of ${refreshes} refreshes that ended fresh; every key served as uploaded last; all ${QueueUrls.length} queues empty`;
    },
  };
}

const keyOf = (number: number) => `pages/${(number % KEYS) % 20}/${number % KEYS}.html`;
const contentOf = (number: number) => `<p>Upload ${number}</p>\n`.repeat(40);

/** @param room resolves when there is room for another burst */
async function upload(site: Site, from: number, until: number, room: () => Promise<void>): Promise<void> {
  for (let start = from; start < until; start += BURST) {
    await room();
    const numbers = Array.from({ length: Math.min(BURST, until - start) }, (_, index) => start + index);
    await mapConcurrently(numbers, PARALLEL_UPLOADS, site.put);
  }
}

function printMemory(print: Print, samples: readonly Sample[]): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const columns: readonly (readonly [string, (sample: Sample) => number])[] = [
    ['heap MiB', ({ heap }) => heap],
    ['outside heap MiB', ({ external }) => external],
    ['resident MiB', ({ resident }) => resident],
    ['functions MiB', ({ functions }) => sum(functions)],
  ];
  const steady = samples.slice(Math.round(samples.length * WARM_UP_SHARE));
  printTable(
    print,
    ['uploads', ...columns.map(([name]) => name), 'processes'],
    [
      ...samples.map(sample => [
        String(sample.uploads),
        ...columns.map(([, of]) => of(sample).toFixed(1)),
        String(sample.functions.length),
      ]),
      ['per 100,000', ...columns.map(([, of]) => (100_000 * slope(steady, of)).toFixed(1)), ''],
    ],
  );
}

/** By least squares, per upload. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ uploads }) => uploads)), mean(samples.map(of))];
  const covariance = mean(samples.map(sample => (sample.uploads - x) * (of(sample) - y)));
  return covariance / mean(samples.map(({ uploads }) => (uploads - x) ** 2));
}
