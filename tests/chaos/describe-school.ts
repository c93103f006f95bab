import { jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { behaviourOf, distributionOf, knownOf } from '../helpers/found-distributions.ts';
import { output, TESTER } from './stack.ts';

/** The school's site, and an API beside it. */
const KNOWN = knownOf(
  distributionOf({
    behaviours: [
      behaviourOf({ pathPattern: '/api/*', originId: 'api' }),
      behaviourOf({}, { minTtlSeconds: 0 }),
    ],
  }),
);

/** Keeps how the school's distribution shows its bucket, as its deployment would. */
export async function describeSchool(cloud: LocalCloud): Promise<void> {
  const key = { pk: { S: 'distribution' }, sk: { S: output(cloud, 'DistributionId') } };
  const TableName = output(cloud, 'RefreshTableName');
  const input = { TableName, Item: { ...key, ...marshalled(KNOWN).M } };
  const { status, body } = await cloud.callAws(
    jsonRequest('dynamodb', 'DynamoDB_20120810.PutItem', input, TESTER),
  );
  if (status !== 200) throw new Error(`The description was not kept: ${String(body)}`);
}

interface Marshalled {
  readonly M?: Readonly<Record<string, Marshalled>>;
  readonly L?: readonly Marshalled[];
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
}

/** As DynamoDB's JSON. Not by the SDK, whose requests a simulation takes over for good. */
function marshalled(value: unknown): Marshalled {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(marshalled) };
  const members = Object.entries(value ?? {}).map(([name, member]) => [name, marshalled(member)]);
  return { M: Object.fromEntries(members) };
}
