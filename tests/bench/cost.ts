import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { embeddedMetrics } from '../../infra/local/services/cloudwatch/embedded-metrics.ts';
import { mapConcurrently } from '../../shared/concurrently.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { resourcesOf, synthesised } from '../helpers/templates.ts';
import { choicesFor, dollarsAMonth, FREE_PATHS_A_MONTH } from './choices.ts';
import { type Print, printTable, type Size } from './report.ts';
import { type RunningSite, runningSite, UPLOADER } from './running-site.ts';

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
  Record<Size, { readonly deploys: readonly Upload[]; readonly invalidationMs: number }>
> = {
  // AWS, April 2026: 95 % of invalidations are complete within 25 s.
  whole: { deploys: DEPLOYS, invalidationMs: 20_000 },
  smoke: { deploys: [FEW], invalidationMs: 100 },
};
const DEPLOYS_A_MONTH = [1, 10, 100];
/** As `aws s3 sync` has by default. */
const PARALLEL_UPLOADS = 10;

/** What AWS bills of a deploy. */
type Billed =
  | 'SQS requests'
  | 'Lambda requests'
  | 'Lambda GB-s'
  | 'Step Functions transitions'
  | 'DynamoDB write units'
  | 'DynamoDB read units'
  | 'S3 reads'
  | 'S3 listings'
  | 'CloudFront requests'
  | 'SES mails';

/** List prices of us-east-1 in US dollars for one, no free tier deducted. */
const PRICES: Readonly<Record<Billed, { readonly usd: number; readonly source: string }>> = {
  'SQS requests': { usd: 0.4e-6, source: 'cloudburn.io/blog/amazon-sqs-pricing, March 2026' },
  'Lambda requests': { usd: 0.2e-6, source: 'cloudchipr.com/blog/aws-lambda-pricing' },
  'Lambda GB-s': { usd: 0.000_013_333_4, source: 'cloudchipr.com/blog/aws-lambda-pricing, arm64' },
  'Step Functions transitions': { usd: 25e-6, source: 'aws.amazon.com/step-functions/pricing' },
  'DynamoDB write units': {
    usd: 0.625e-6,
    source: 'airbyte.com/data-engineering-resources/dynamodb-pricing, July 2025',
  },
  'DynamoDB read units': { usd: 0.125e-6, source: 'the same' },
  'S3 reads': { usd: 0.4e-6, source: 'devnotes.tech, "Understanding AWS S3 pricing"' },
  'S3 listings': { usd: 5e-6, source: 'from memory' },
  'CloudFront requests': { usd: 1e-6, source: 'from memory; HTTPS, United States and Europe' },
  'SES mails': { usd: 100e-6, source: 'from memory' },
};

/**
 * What is billed though nobody deploys, in US dollars a month. From memory, but for SQS's price
 * above.
 */
const STANDING = { alarm: 0.1, metric: 0.3, secret: 0.4 };
/** Lambda polls each of the two queues with five long polls of 20 s. */
const POLLS_A_MONTH = 2 * 5 * 3 * 60 * 24 * 30;

/** Of every account, every month. */
const FREE = { alarms: 10, metrics: 10, polls: 1_000_000 };

type Bill = Record<Billed, number>;

/** What a deploy costs, counted in the local cloud, at AWS's list prices. */
export async function benchCost(print: Print, size: Size): Promise<void> {
  const { deploys, invalidationMs } = SIZES[size];
  const cloud = await startLocalCloud({
    assemblyDirectory: ASSEMBLY,
    deployWebsite: false,
    alarms: false,
    invalidationDelayMs: invalidationMs,
  });
  const metrics = new Set<string>();
  const deployed: Deployed[] = [];
  try {
    const site = runningSite(cloud);
    await uploadAll(site, deploys[0]?.siteKeys ?? []);
    for (const upload of deploys) deployed.push(await deploy(cloud, site, upload, metrics));
  } finally {
    await cloud.stop();
  }
  printBills(print, deployed);
  printMonths(print, deployed);
  printStanding(print, metrics.size);
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
  const bill = Object.fromEntries(Object.keys(PRICES).map(name => [name, 0])) as Bill;
  const memoryOf = memorySizes();
  let paths = 0;
  const stopListening = cloud.journal.subscribe(entry => {
    countEntry(bill, entry, memoryOf);
    if (entry.kind === 'invalidation' && entry.status === 'InProgress') paths += entry.paths.length;
    if (entry.kind === 'log')
      for (const { metric } of embeddedMetrics(entry.line)) metrics.add(JSON.stringify(metric));
  });
  const stopCounting = cloud.intercept(async (call, next) => {
    const response = await next();
    if (call.request.service === 'dynamodb') countUnits(bill, call, response);
    return response;
  });
  const startedAt = new Date().toISOString();
  await uploadAll(site, upload.changedKeys);
  stopCounting();
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

function countEntry(bill: Bill, entry: JournalEntry, memoryOf: (functionName: string) => number): void {
  if (entry.kind === 'mail') bill['SES mails'] += entry.to.length;
  if (entry.kind === 'execution' && entry.state !== undefined) bill['Step Functions transitions'] += 1;
  if (entry.kind === 'invocation') {
    bill['Lambda requests'] += 1;
    bill['Lambda GB-s'] += (entry.milliseconds / 1000) * (memoryOf(entry.functionName) / 1024);
  }
  if (entry.kind !== 'call' || entry.caller === UPLOADER) return;
  if (entry.service === 'sqs') bill['SQS requests'] += 1;
  if (entry.service === 's3') bill[entry.action.startsWith('List') ? 'S3 listings' : 'S3 reads'] += 1;
}

/** How many MB a function has, by its name. */
function memorySizes(): (functionName: string) => number {
  const functions = resourcesOf(synthesised(), 'AWS::Lambda::Function');
  return functionName =>
    Number(functions.find(({ id }) => functionName.endsWith(id))?.properties['MemorySize']);
}

/**
 * A write unit is an item of 1 KB, a read unit 4 KB read strongly consistently. Counted from JSON,
 * which is a little longer.
 */
function countUnits(bill: Bill, { request, action }: AwsCall, { body = '' }: AwsResponse): void {
  if (request.caller === UPLOADER) return;
  const answered = Buffer.byteLength(body);
  if (action === 'BatchWriteItem') {
    const { RequestItems } = JSON.parse(request.body.toString());
    const items = Object.values(RequestItems).flatMap(value => (Array.isArray(value) ? value : []));
    for (const item of items) bill['DynamoDB write units'] += Math.ceil(JSON.stringify(item).length / 1024);
  } else if (/^(?:Put|Update|Delete)Item$/.test(action)) {
    bill['DynamoDB write units'] += Math.ceil(Math.max(request.body.length, answered) / 1024);
  } else bill['DynamoDB read units'] += Math.max(1, Math.ceil(answered / 4096));
}

const BILLED = Object.keys(PRICES) as Billed[];

/** Without CloudFront's paths, which are free up to a number. */
const dollarsOf = (bill: Bill) => BILLED.reduce((sum, name) => sum + bill[name] * PRICES[name].usd, 0);

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
