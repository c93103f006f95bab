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

/** A resource as it was last deployed. */
interface Deployed {
  readonly properties: Properties;
  readonly physicalId: string;
  readonly data: Readonly<Record<string, string>>;
}

type Properties = Readonly<Record<string, unknown>>;

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
 * @returns a function that replaces the placeholders of resources in a string with what their
 * functions answered
 * @throws Error with the reason that a function gives
 */
export async function deployCustomResources(
  stacks: readonly LoadedStack[],
  { store, invoke }: CustomResourcesOptions,
): Promise<(text: string) => string> {
  const kept = store.map<Deployed>('custom-resources');
  const answered = new Map<string, string>();
  const answers = await startAnswers();
  try {
    for (const { name: stackName, resources } of stacks) {
      for (const resource of resources.filter(({ isCustom }) => isCustom)) {
        const key = `${stackName}/${resource.logicalId}`;
        const deployment = new Deployment(stackName, resource, { answers, invoke });
        const deployed = await deployment.deploy(kept.get(key));
        kept.set(key, deployed);
        answered.set(customResourceText(stackName, resource.logicalId), deployed.physicalId);
        for (const [attribute, value] of Object.entries(deployed.data))
          answered.set(customResourceText(stackName, resource.logicalId, attribute), value);
      }
    }
  } finally {
    await answers.stop();
  }
  return text =>
    [...answered].reduce((resolved, [placeholder, value]) => resolved.replaceAll(placeholder, value), text);
}

interface DeploymentDependencies extends Pick<CustomResourcesOptions, 'invoke'> {
  readonly answers: Answers;
}

/** What the function of a resource is asked for. */
interface Task {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResourceProperties: Properties;
  readonly PhysicalResourceId?: string;
  readonly OldResourceProperties?: Properties;
}

/** The deployment of one resource. */
class Deployment {
  readonly #stackName: string;
  readonly #resource: Resource;
  readonly #dependencies: DeploymentDependencies;

  constructor(stackName: string, resource: Resource, dependencies: DeploymentDependencies) {
    this.#stackName = stackName;
    this.#resource = resource;
    this.#dependencies = dependencies;
  }

  async deploy(before: Deployed | undefined): Promise<Deployed> {
    const { properties } = this.#resource;
    if (before === undefined) {
      return this.#deployed(await this.#ask({ RequestType: 'Create', ResourceProperties: properties }));
    }
    if (JSON.stringify(before.properties) === JSON.stringify(properties)) return before;
    const PhysicalResourceId = before.physicalId;
    const answer = await this.#ask({
      RequestType: 'Update',
      ResourceProperties: properties,
      PhysicalResourceId,
      OldResourceProperties: before.properties,
    });
    if (answer.PhysicalResourceId !== PhysicalResourceId)
      await this.#ask({
        RequestType: 'Delete',
        ResourceProperties: before.properties,
        PhysicalResourceId,
      });
    return this.#deployed(answer);
  }

  #deployed({ PhysicalResourceId: physicalId, Data: data }: Answer): Deployed {
    return { properties: this.#resource.properties, physicalId, data };
  }

  async #ask(task: Task): Promise<Answer> {
    const { logicalId, type } = this.#resource;
    const functionName = z.string().parse(task.ResourceProperties['ServiceToken']);
    const expected = this.#dependencies.answers.expect();
    const event = {
      ...task,
      ResponseURL: expected.url,
      StackId: stackIdOf(this.#stackName),
      RequestId: randomUUID(),
      ResourceType: type,
      LogicalResourceId: logicalId,
    };
    const { functionError, payload } = await this.#dependencies.invoke(functionName, JSON.stringify(event));
    const answer = expected.given();
    const what = `${this.#stackName}: ${task.RequestType} of ${logicalId} (${type})`;
    if (answer === undefined) {
      const why = functionError === undefined ? '' : `, and failed: ${payload}`;
      throw new Error(`${what}: its function did not answer CloudFormation${why}`);
    }
    if (answer.Status === 'FAILED') throw new Error(`${what} failed: ${answer.Reason}`);
    return answer;
  }
}

/** The response URLs, one for each answer. */
interface Answers {
  expect(): {
    readonly url: string;
    /** What was sent to the URL, or undefined so far. */
    given(): Answer | undefined;
  };
  stop(): Promise<void>;
}

async function startAnswers(): Promise<Answers> {
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
