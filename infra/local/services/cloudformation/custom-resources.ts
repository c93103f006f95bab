import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { close, listen } from '../../kernel/http-server.ts';
import { customResourceText } from '../../template/custom-resource.ts';
import type { Resource } from '../../template/resource.ts';
import type { LoadedStack } from '../../template/template.ts';
import type { InvocationResult } from '../lambda/function-definition.ts';
import { stackIdOf } from './cloudformation.ts';

export interface CustomResourcesOptions {
  readonly store: DurableStore;
  /** @param name name or ARN of the function */
  readonly invoke: (name: string, payload: string) => Promise<InvocationResult>;
}

/** A resource as its function left it. */
interface Deployed {
  readonly properties: Properties;
  readonly physicalId: string;
  readonly data: Readonly<Record<string, string>>;
}

type Properties = Readonly<Record<string, unknown>>;

interface Request {
  readonly stackName: string;
  readonly resource: Resource;
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly properties: Properties;
  readonly before?: Deployed;
}

/** What a function sends to the response URL. */
const Answer = z.object({
  Status: z.enum(['SUCCESS', 'FAILED']),
  Reason: z.string().default('no reason given'),
  PhysicalResourceId: z.string(),
  Data: z.record(z.string(), z.string()).default({}),
});
type Answer = z.infer<typeof Answer>;

/**
 * Deploys the custom resources of stacks as CloudFormation does: it invokes the function of each
 * that is new or has changed properties, and waits for the answer at a URL of its own.
 *
 * @returns replaces the resources' placeholders by what their functions answered
 * @throws Error with the reason that a function gives
 */
export async function deployCustomResources(
  stacks: readonly LoadedStack[],
  { store, invoke }: CustomResourcesOptions,
): Promise<(text: string) => string> {
  const kept = store.map<Deployed>('custom-resources');
  const known = new Map<string, string>();
  const resolve = (value: string) =>
    [...known].reduce((resolved, [text, meant]) => resolved.replaceAll(text, meant), value);
  const answers = await startAnswers();
  try {
    for (const { name: stackName, resources } of stacks) {
      for (const resource of resources.filter(({ isCustom }) => isCustom)) {
        const key = `${stackName}/${resource.logicalId}`;
        const deployed = await deploy(stackName, resource, kept.get(key));
        kept.set(key, deployed);
        known.set(customResourceText(stackName, resource.logicalId), deployed.physicalId);
        for (const [attribute, value] of Object.entries(deployed.data))
          known.set(customResourceText(stackName, resource.logicalId, attribute), value);
      }
    }
  } finally {
    await answers.stop();
  }
  return resolve;

  async function deploy(
    stackName: string,
    resource: Resource,
    before: Deployed | undefined,
  ): Promise<Deployed> {
    const { properties } = resource;
    if (before !== undefined && JSON.stringify(before.properties) === JSON.stringify(properties))
      return before;
    const type = before === undefined ? 'Create' : 'Update';
    const request = { stackName, resource, properties, ...(before === undefined ? {} : { before }) };
    const { PhysicalResourceId: physicalId, Data: data } = await ask({ ...request, type });
    if (before !== undefined && before.physicalId !== physicalId)
      await ask({ stackName, resource, properties: before.properties, before, type: 'Delete' });
    return { properties, physicalId, data };
  }

  async function ask({ stackName, resource, type, properties, before }: Request): Promise<Answer> {
    const functionName = z.string().parse(properties['ServiceToken']);
    const answer = answers.expect();
    const event = {
      RequestType: type,
      ResponseURL: answer.url,
      StackId: stackIdOf(stackName),
      RequestId: randomUUID(),
      ResourceType: resource.type,
      LogicalResourceId: resource.logicalId,
      ResourceProperties: properties,
      ...(before === undefined ? {} : { PhysicalResourceId: before.physicalId }),
      ...(type === 'Update' ? { OldResourceProperties: before?.properties } : {}),
    };
    const { functionError, payload } = await invoke(functionName, JSON.stringify(event));
    const given = answer.given();
    const what = `${stackName}: ${type} of ${resource.logicalId} (${resource.type})`;
    if (given === undefined) {
      const why = functionError === undefined ? '' : `, and failed: ${payload}`;
      throw new Error(`${what}: its function did not answer CloudFormation${why}`);
    }
    if (given.Status === 'FAILED') throw new Error(`${what} failed: ${given.Reason}`);
    return given;
  }
}

/** The response URLs, one for each answer. */
async function startAnswers() {
  const given = new Map<string, Answer>();
  const server = createServer((request, response) => {
    text(request)
      .then(body => given.set(request.url ?? '', Answer.parse(JSON.parse(body))))
      .then(
        () => response.writeHead(200).end(),
        () => response.writeHead(400).end(),
      );
  });
  const port = await listen(server, 0, '');
  return {
    expect() {
      const path = `/${randomUUID()}`;
      return { url: `http://127.0.0.1:${port}${path}`, given: () => given.get(path) };
    },
    stop: () => close(server),
  };
}
