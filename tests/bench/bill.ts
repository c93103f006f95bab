import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { resourcesOf, synthesised } from '../helpers/templates.ts';
import { UPLOADER } from './running-site.ts';

/** What AWS bills of a deploy or of a viewer's request. */
export type Billed =
  | 'SQS requests'
  | 'Lambda requests'
  | 'Lambda GB-s'
  | 'Step Functions transitions'
  | 'DynamoDB write units'
  | 'DynamoDB index write units'
  | 'DynamoDB read units'
  | 'KMS requests'
  | 'S3 reads'
  | 'S3 listings'
  | 'CloudFront requests'
  | 'CloudFront Functions'
  | 'API Gateway requests'
  | 'SES mails';

/** List prices of us-east-1 in US dollars for one, no free tier deducted. */
export const PRICES: Readonly<Record<Billed, { readonly usd: number; readonly source: string }>> = {
  'SQS requests': { usd: 0.4e-6, source: 'cloudburn.io/blog/amazon-sqs-pricing, March 2026' },
  'Lambda requests': { usd: 0.2e-6, source: 'cloudchipr.com/blog/aws-lambda-pricing' },
  'Lambda GB-s': { usd: 0.000_013_333_4, source: 'cloudchipr.com/blog/aws-lambda-pricing, arm64' },
  'Step Functions transitions': { usd: 25e-6, source: 'aws.amazon.com/step-functions/pricing' },
  'DynamoDB write units': {
    usd: 0.625e-6,
    source: 'airbyte.com/data-engineering-resources/dynamodb-pricing, July 2025',
  },
  'DynamoDB index write units': { usd: 0.625e-6, source: 'the same' },
  'DynamoDB read units': { usd: 0.125e-6, source: 'the same' },
  'KMS requests': { usd: 3e-6, source: 'from memory' },
  'S3 reads': { usd: 0.4e-6, source: 'devnotes.tech, "Understanding AWS S3 pricing"' },
  'S3 listings': { usd: 5e-6, source: 'from memory' },
  'CloudFront requests': { usd: 1e-6, source: 'from memory; HTTPS, United States and Europe' },
  'CloudFront Functions': { usd: 0.1e-6, source: 'from memory' },
  'API Gateway requests': { usd: 3.5e-6, source: 'from memory; REST API' },
  'SES mails': { usd: 100e-6, source: 'from memory' },
};

export const BILLED = Object.keys(PRICES) as Billed[];

export type Bill = Record<Billed, number>;

/** Without CloudFront's paths, which are free up to a number. */
export const dollarsOf = (bill: Bill) => BILLED.reduce((sum, name) => sum + bill[name] * PRICES[name].usd, 0);

/** Counts what the local cloud does until `stop`, the uploads themselves excepted. */
export function meter(cloud: LocalCloud): { readonly bill: Bill; readonly stop: () => void } {
  const bill = Object.fromEntries(BILLED.map(name => [name, 0])) as Bill;
  const memoryOf = memorySizes();
  const indexes = indexedTables();
  const keysInUse = new Set<string>();
  const stopListening = cloud.journal.subscribe(entry => countEntry(bill, entry, memoryOf));
  const stopCounting = cloud.intercept(async (call, next) => {
    const response = await next();
    if (call.request.service !== 'dynamodb' || call.request.caller === UPLOADER) return response;
    countUnits(bill, call, response);
    bill['DynamoDB index write units'] += indexWrites(call, indexes);
    for (const table of tablesOf(call)) keysInUse.add(`${call.request.caller} ${table}`);
    // DynamoDB asks KMS for a table's key once for each caller, and again after five quiet minutes.
    bill['KMS requests'] = keysInUse.size;
    return response;
  });
  return {
    bill,
    stop() {
      stopCounting();
      stopListening();
    },
  };
}

function countEntry(bill: Bill, entry: JournalEntry, memoryOf: (functionName: string) => number): void {
  if (entry.kind === 'request') bill['API Gateway requests'] += 1;
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
  const answered = Buffer.byteLength(body);
  if (action === 'BatchWriteItem') {
    const { RequestItems } = JSON.parse(request.body.toString());
    const items = Object.values(RequestItems).flatMap(value => (Array.isArray(value) ? value : []));
    for (const item of items) bill['DynamoDB write units'] += Math.ceil(JSON.stringify(item).length / 1024);
  } else if (/^(?:Put|Update|Delete)Item$/.test(action)) {
    bill['DynamoDB write units'] += Math.ceil(Math.max(request.body.length, answered) / 1024);
  } else bill['DynamoDB read units'] += Math.max(1, Math.ceil(answered / 4096));
}

interface DynamoDbRequest {
  readonly TableName?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly Key?: Readonly<Record<string, { readonly S?: string }>>;
  readonly Item?: Readonly<Record<string, { readonly S?: string }>>;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
}

const requestOf = ({ request }: AwsCall) => JSON.parse(request.body.toString()) as DynamoDbRequest;

function tablesOf(call: AwsCall): string[] {
  const { TableName, RequestItems = {} } = requestOf(call);
  return TableName === undefined ? Object.keys(RequestItems) : [TableName];
}

/** Whether a table's index holds an attribute, table by table. */
type Indexes = readonly { readonly id: string; readonly holds: (attribute: string) => boolean }[];

function indexedTables(): Indexes {
  return resourcesOf(synthesised(), 'AWS::DynamoDB::Table').flatMap(({ id, properties }) => {
    const [index] = [properties['GlobalSecondaryIndexes'] ?? []].flat();
    if (index === undefined) return [];
    const { NonKeyAttributes, ProjectionType } = Object(index).Projection;
    return [{ id, holds: name => ProjectionType === 'ALL' || NonKeyAttributes.includes(name) }];
  });
}

/**
 * Units that an index takes besides those of its table: one for an item that it holds, if it holds
 * an attribute that changes. Of the refresh table it holds the records of refreshes alone.
 */
function indexWrites(call: AwsCall, indexes: Indexes): number {
  if (!/^(?:Put|Update|Delete)Item$/.test(call.action)) return 0;
  const { TableName = '', Key, Item, UpdateExpression, ExpressionAttributeNames = {} } = requestOf(call);
  const index = indexes.find(({ id }) => TableName.endsWith(id));
  const sortKey = (Item ?? Key)?.['sk']?.S ?? 'refresh';
  if (index === undefined || sortKey !== 'refresh') return 0;
  if (UpdateExpression === undefined) return 1;
  const written = UpdateExpression.match(/#?\w+/g) ?? [];
  return written.some(name => index.holds(ExpressionAttributeNames[name] ?? name)) ? 1 : 0;
}
