import { setTimeout as pause } from 'node:timers/promises';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { embeddedMetrics } from '../../infra/local/services/cloudwatch/embedded-metrics.ts';
import { mapConcurrently } from '../../shared/concurrently.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { resourcesOf, synthesised } from '../helpers/templates.ts';
import { BILLED, type Bill, dollarsOf, meter, PRICES } from './bill.ts';
import { choicesFor, dollarsAMonth, FREE_PATHS_A_MONTH } from './choices.ts';
import { type Print, printTable, type Size } from './report.ts';
import { type RunningSite, runningSite } from './running-site.ts';

const filesOf = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}/${index % 100}/${Math.floor(index / 100)}.html`);
const SITE = filesOf('pages', 500);
const MORE = filesOf('archive', 10_000);

const DEPLOYS = [
  { name: '3 files', what: 'of 500', siteKeys: SITE, changedKeys: SITE.slice(0, 3) },
  { name: '100 files', what: 'of 500, one in each folder', siteKeys: SITE, changedKeys: SITE.slice(0, 100) },
  { name: '10,000 files', what: 'all new', siteKeys: [...SITE, ...MORE], changedKeys: MORE },
] as const satisfies readonly Upload[];
const FEW: Upload = {
  name: '3 files',
  what: 'of 5',
  siteKeys: SITE.slice(0, 5),
  changedKeys: SITE.slice(0, 3),
};

const SIZES: Readonly<
  Record<
    Size,
    { readonly deploys: readonly Upload[]; readonly invalidationMs: number; readonly viewers: number }
  >
> = {
  // AWS, April 2026: 95 % of invalidations are complete within 25 s.
  whole: { deploys: DEPLOYS, invalidationMs: 20_000, viewers: 200 },
  smoke: { deploys: [FEW], invalidationMs: 100, viewers: 2 },
};
const DEPLOYS_A_MONTH = [1, 10, 100];
/** As `aws s3 sync` has by default. */
const PARALLEL_UPLOADS = 10;

/**
 * What is billed though nobody deploys, in US dollars a month. From memory, but for SQS's price
 * above.
 */
const STANDING = { alarm: 0.1, metric: 0.3, secret: 0.4 };
/** Lambda polls each of the two queues with five long polls of 20 s. */
const POLLS_A_MONTH = 2 * 5 * 3 * 60 * 24 * 30;

/** Of every account, every month. */
const FREE = { alarms: 10, metrics: 10, polls: 1_000_000 };

/** What a deploy costs, counted in the local cloud, at AWS's list prices. */
export async function benchCost(print: Print, size: Size): Promise<void> {
  const { deploys, invalidationMs, viewers } = SIZES[size];
  const cloud = await startLocalCloud({
    assemblyDirectory: ASSEMBLY,
    deployWebsite: false,
    alarms: false,
    invalidationDelayMs: invalidationMs,
  });
  const metrics = new Set<string>();
  const deployed: Deployed[] = [];
  const asked: Asked[] = [];
  try {
    const site = runningSite(cloud);
    await uploadAll(site, deploys[0]?.siteKeys ?? []);
    for (const upload of deploys) deployed.push(await deploy(cloud, site, upload, metrics));
    await fetch(`${cloud.siteUrl}${CACHED}`);
    for (const viewed of VIEWED) asked.push(await ask(cloud, site, viewed, viewers));
  } finally {
    await cloud.stop();
  }
  printBills(print, deployed);
  printMonths(print, deployed);
  printViewers(print, asked);
  printStanding(print, metrics.size);
}

const CACHED = `/${SITE[0]}`;

/** What viewers ask for, through the edge. */
const VIEWED: readonly Viewed[] = [
  { name: 'a file that the edge has', path: CACHED },
  { name: 'a page of 20 students', path: '/api/students?limit=20' },
  {
    name: 'a new student, with the mail',
    path: '/api/students',
    body: number => ({
      studentid: `COST${number}`,
      name: 'Pham Thi E',
      class: 'CNTT05',
      birthdate: '2001-05-05',
      email: `cost${number}@example.com`,
    }),
  },
];

interface Viewed {
  readonly name: string;
  readonly path: string;
  readonly body?: (number: number) => object;
}

interface Asked {
  readonly name: string;
  readonly times: number;
  readonly bill: Bill;
}

/** Slower than the usage plan's limit. */
const REQUEST_PAUSE_MS = 60;

async function ask(cloud: LocalCloud, site: RunningSite, { name, path, body }: Viewed, times: number) {
  const { bill, stop } = meter(cloud);
  for (let number = 0; number < times; number += 1) {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(
      `${cloud.siteUrl}${path}`,
      body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body(number)) },
    );
    if (status >= 400) throw new Error(`A viewer who asked for ${path} was answered ${status}`);
    await pause(REQUEST_PAUSE_MS);
  }
  await site.settled();
  stop();
  bill['CloudFront requests'] = times;
  bill['CloudFront Functions'] = bill['API Gateway requests'];
  return { name, times, bill };
}

function printViewers(print: Print, asked: readonly Asked[]): void {
  print('Dollars of a million requests of viewers, through the edge:\n');
  const shown = BILLED.filter(name => asked.some(({ bill }) => bill[name] > 0));
  const inAMillion = (dollars: number, times: number) => ((dollars / times) * 1e6).toFixed(2);
  printTable(
    print,
    ['billed', ...asked.map(({ name }) => name)],
    [
      ...shown.map(name => [
        name,
        ...asked.map(({ bill, times }) => inAMillion(bill[name] * PRICES[name].usd, times)),
      ]),
      ['together', ...asked.map(({ bill, times }) => inAMillion(dollarsOf(bill), times))],
    ],
  );
}

interface Deployed {
  readonly upload: Upload;
  readonly bill: Bill;
  /** Sent to CloudFront, free ones included. */
  readonly paths: number;
}

async function deploy(
  cloud: LocalCloud,
  site: RunningSite,
  upload: Upload,
  metrics: Set<string>,
): Promise<Deployed> {
  const { bill, stop } = meter(cloud);
  let paths = 0;
  const stopListening = cloud.journal.subscribe(entry => {
    if (entry.kind === 'invalidation' && entry.status === 'InProgress') paths += entry.paths.length;
    if (entry.kind === 'log')
      for (const { metric } of embeddedMetrics(entry.line)) metrics.add(JSON.stringify(metric));
  });
  const startedAt = new Date().toISOString();
  await uploadAll(site, upload.changedKeys);
  stop();
  stopListening();
  for await (const { sk, startedAt: began, state, verification } of site.refreshItems()) {
    if (sk !== 'refresh' || began < startedAt) continue;
    // What is tried again and given up says nothing about what a deploy costs. One still open lost
    // the race for the pointer.
    if (state === 'failed' || state === 'unasked')
      throw new Error(`A refresh of ${upload.name} ended as ${state}: is the machine busy?`);
    bill['CloudFront requests'] += verification?.verified ?? 0;
  }
  return { upload, bill, paths };
}

async function uploadAll(site: RunningSite, keys: readonly string[]): Promise<void> {
  const now = new Date().toISOString();
  await mapConcurrently(keys, PARALLEL_UPLOADS, key => site.put(key, `<p>${key} at ${now}</p>`));
  await site.settled();
}

function printBills(print: Print, deployed: readonly Deployed[]): void {
  print('Of one deploy:\n');
  printTable(
    print,
    [
      'billed',
      ...deployed.map(({ upload }) => `${upload.name}, ${upload.what}`),
      '$ a million',
      'source of the price',
    ],
    [
      ...BILLED.map(name => [
        name,
        ...deployed.map(({ bill }) => rounded(bill[name])),
        String(Number((PRICES[name].usd * 1e6).toPrecision(6))),
        PRICES[name].source,
      ]),
      ['$ for these', ...deployed.map(({ bill }) => dollarsOf(bill).toFixed(4)), '', ''],
      [
        'CloudFront paths',
        ...deployed.map(({ paths }) => String(paths)),
        '5000',
        `${FREE_PATHS_A_MONTH} a month are free; AWS's price list`,
      ],
    ],
  );
}

const rounded = (count: number) => (Number.isInteger(count) ? String(count) : count.toFixed(2));

function printMonths(print: Print, deployed: readonly Deployed[]): void {
  print('Dollars a month, paths included:\n');
  printTable(
    print,
    ['each deploy', ...DEPLOYS_A_MONTH.map(deploys => `${deploys} deploys`)],
    deployed.map(({ upload, bill }) => [
      upload.name,
      ...DEPLOYS_A_MONTH.map(deploys => dollarsInAMonth(upload, bill, deploys).toFixed(2)),
    ]),
  );
}

function dollarsInAMonth(upload: Upload, bill: Bill, deploys: number): number {
  const [ours] = choicesFor(upload);
  return deploys * dollarsOf(bill) + (ours === undefined ? 0 : dollarsAMonth(ours, deploys));
}

function printStanding(print: Print, metrics: number): void {
  const count = (type: string) => resourcesOf(synthesised(), type).length;
  const alarms = count('AWS::CloudWatch::Alarm');
  const secrets = count('AWS::SecretsManager::Secret');
  print('Dollars a month though nobody deploys, prices from memory:\n');
  printTable(
    print,
    ['', '$'],
    [
      [`${alarms} alarms, ten of them free`, ((alarms - FREE.alarms) * STANDING.alarm).toFixed(2)],
      [
        `${metrics} metrics of our own, ten of them free`,
        (Math.max(0, metrics - FREE.metrics) * STANDING.metric).toFixed(2),
      ],
      [`${secrets} secret`, (secrets * STANDING.secret).toFixed(2)],
      [
        `${POLLS_A_MONTH} polls of the queues, a million of them free`,
        ((POLLS_A_MONTH - FREE.polls) * PRICES['SQS requests'].usd).toFixed(2),
      ],
    ],
  );
}
