/**
 * One side of the soak in a process of its own, so that its memory is nobody else's: run with
 * `--expose-gc`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { startLocalCloud } from '../../infra/local/local-cloud.ts';
import { withEvents } from '../../infra/local/services/s3/events.ts';
import { actionOf } from '../../infra/local/services.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { startQueuesAndBuckets } from '../helpers/queues-and-buckets.ts';

/**
 * What is soaked: the whole local cloud, or its emulators of buckets and queues without anything
 * behind them.
 */
export type Side = 'cloud' | 'emulators';

export interface Host {
  readonly endpoint: string;
  readonly siteUrl: string;
  /** Of the stack, as far as the side has them. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** In MiB. */
export interface Memory {
  /** What is alive after a garbage collection. */
  readonly heap: number;
  /** Buffers and the like, outside of V8's heap. */
  readonly external: number;
  readonly resident: number;
  /** Resident memory of the functions' processes. */
  readonly functions: readonly number[];
}

type Started = Host & { stop(): Promise<void> };

async function startCloud(stateDirectory: string, timeScale: number): Promise<Started> {
  // As `npm start` does: kept on disk, with the page and the alarms.
  const cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, stateDirectory, timeScale });
  const { endpoint, siteUrl, outputs, stop } = cloud;
  return { endpoint, siteUrl, outputs, stop };
}

async function startEmulators(directory: string): Promise<Started> {
  const journal = createJournal();
  const services = new Map<string, AwsService>();
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  const storage = await startQueuesAndBuckets(directory);
  const bucket = 'site';
  const queueUrl = `${endpoint.url}/000000000000/events`;
  storage.ensureQueue('events', queueUrl, {});
  storage.ensureBucket(bucket);
  const s3 = withEvents({
    s3: storage.s3,
    newestOf: storage.newestOf,
    notificationsOf: () => [
      {
        id: 'events',
        queueArn: 'arn:aws:sqs:us-east-1:000000000000:events',
        events: ['s3:ObjectCreated:*'],
        prefix: '',
        suffix: '',
      },
    ],
    callAws: endpoint.call,
    journal,
  });
  services.set('s3', s3.handle).set('sqs', storage.sqs);
  return {
    endpoint: endpoint.url,
    siteUrl: '',
    outputs: { SiteBucketName: bucket, SiteChangesQueueUrl: queueUrl },
    async stop() {
      await s3.stop();
      await storage.stop();
      await endpoint.stop();
    },
  };
}

function measureMemory(): Memory {
  // Twice: what the first one finalises is freed by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const mebi = (bytes: number) => bytes / 2 ** 20;
  const functions = childrenOf(process.pid).map(residentMemory);
  return { heap: mebi(heapUsed), external: mebi(external), resident: mebi(rss), functions };
}

/** Of Linux only, as is what follows. */
function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

function residentMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

if (import.meta.main) {
  const directory = mkdtempSync(join(tmpdir(), 'soak-'));
  const [, , side, timeScale] = process.argv;
  const { stop, ...host } = await (side === 'cloud'
    ? startCloud(directory, Number(timeScale))
    : startEmulators(directory));
  process.on('message', async question => {
    if (question === 'memory') return process.send?.(measureMemory());
    await stop();
    rmSync(directory, { recursive: true });
    process.exit();
  });
  process.send?.(host);
}
