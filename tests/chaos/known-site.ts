import { jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { behaviourOf, distributionOf, knownOf } from '../helpers/found-distributions.ts';
import { publicDomainOf } from './edge-fetch.ts';
import { output, TESTER } from './stack.ts';

/** The school's site, and an API beside it. */
const BEHAVIOURS = [
  behaviourOf({ pathPattern: '/api/*', originId: 'api' }),
  behaviourOf({}, { minTtlSeconds: 0 }),
];

/**
 * Keeps the description of the school's distribution, which on AWS the deployment does. Here, the
 * refresh table takes nothing while the deployment runs: it becomes active by a timer, and time
 * does not pass before the cloud has started.
 */
export async function keepDescription(cloud: LocalCloud): Promise<void> {
  const key = { pk: 'distribution', sk: output(cloud, 'DistributionId') };
  const known = knownOf(distributionOf({ domainName: publicDomainOf(cloud), behaviours: BEHAVIOURS }));
  const input = { TableName: output(cloud, 'RefreshTableName'), Item: marshalled({ ...key, ...known }).M };
  const { status, body } = await cloud.callAws(
    jsonRequest('dynamodb', 'DynamoDB_20120810.PutItem', input, TESTER),
  );
  if (status !== 200) throw new Error(`The description was not kept: ${body}`);
}

interface Marshalled {
  readonly M?: Readonly<Record<string, Marshalled>>;
  readonly L?: readonly Marshalled[];
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
}

function marshalled(value: unknown): Marshalled {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(marshalled) };
  const members = Object.entries(value ?? {}).map(([name, member]) => [name, marshalled(member)]);
  return { M: Object.fromEntries(members) };
}
