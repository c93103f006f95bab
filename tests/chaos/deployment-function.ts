import type { ExecutionEnvironment } from '../../infra/local/services/lambda/execution-environment.ts';
import type { FunctionDefinition } from '../../infra/local/services/lambda/function-definition.ts';
import { behaviourOf, distributionOf, knownOf } from '../helpers/found-distributions.ts';

/** Before a simulation takes its place. */
const realFetch = globalThis.fetch;

/** Whether only a deployment calls a function. Deployments are over before a simulation begins. */
export const isOfDeployment = ({ name }: FunctionDefinition) => /SesSendersRegister|SiteFind/.test(name);

interface ResourceRequest {
  readonly ResponseURL: string;
  readonly ResourceProperties: { readonly DistributionId?: string };
}

/**
 * Stands in for the functions that register the sender and find out how the distribution shows the
 * bucket: it says that SES sends, and keeps the description of the school's distribution.
 *
 * @param endpoint of the local cloud
 */
export function startDeploymentFunction(
  definition: FunctionDefinition,
  endpoint: string,
): ExecutionEnvironment {
  const { name } = definition;
  return {
    functionName: name,
    exited: Promise.resolve(),
    alive: true,
    async run(_, payload) {
      const { ResponseURL, ResourceProperties } = JSON.parse(payload) as ResourceRequest;
      const { DistributionId } = ResourceProperties;
      if (DistributionId !== undefined) await keepDescription(DistributionId, definition, endpoint);
      const Data = { State: 'SES sends', Summary: 'It shows the bucket' };
      const answer = { Status: 'SUCCESS', PhysicalResourceId: name, Data };
      await realFetch(ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
      return { kind: 'success', payload: 'null' };
    },
    kill: () => undefined,
  };
}

/** The school's site, and an API beside it. */
const KNOWN = knownOf(
  distributionOf({
    behaviours: [
      behaviourOf({ pathPattern: '/api/*', originId: 'api' }),
      behaviourOf({}, { minTtlSeconds: 0 }),
    ],
  }),
);

/** Not by the SDK, whose requests a simulation takes over for good. */
async function keepDescription(
  distributionId: string,
  { environment, roleAccessKeyId }: FunctionDefinition,
  endpoint: string,
): Promise<void> {
  const Item = { pk: { S: 'distribution' }, sk: { S: distributionId }, ...marshalled(KNOWN).M };
  const answer = await realFetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      'x-amz-date': '20261130T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${roleAccessKeyId}/20261130/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ TableName: environment['REFRESH_TABLE'], Item }),
  });
  if (!answer.ok) throw new Error(`The description was not kept: ${await answer.text()}`);
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
