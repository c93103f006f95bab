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
import { ResourceFailedError } from './resource-failure.ts';

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

/** The custom resources of stacks, made as CloudFormation makes them. */
export interface CustomResources {
  /**
   * Invokes the function of each resource that is new or has changed properties, and waits for the
   * answer at a URL of its own. If one fails, those that were new are removed again.
   *
   * @returns a function that replaces the placeholders of resources in a string with what their
   * functions answered
   * @throws ResourceFailedError with the reason that a function gives
   */
  deploy(stacks: readonly LoadedStack[]): Promise<(text: string) => string>;
  /**
   * Removes those of a stack that another one, if it is given, does not have.
   *
   * @throws ResourceFailedError with the reason that a function gives
   */
  remove(stack: LoadedStack, after?: LoadedStack): Promise<void>;
}

export function createCustomResources({ store, invoke }: CustomResourcesOptions): CustomResources {
  const kept = store.map<Deployed>('custom-resources');

  async function removeAll(stack: LoadedStack, resources: readonly Resource[], answers: Answers) {
    for (const resource of resources.toReversed()) {
      const key = keyOf(stack, resource);
      const deployed = kept.get(key);
      if (deployed === undefined) continue;
      await new Deployment(stack, resource, { answers, invoke }).remove(deployed);
      kept.delete(key);
    }
  }

  /** @returns what was deployed, by logical id */
  async function deployAll(stack: LoadedStack, answers: Answers): Promise<Map<string, Deployed>> {
    const [all, added] = [new Map<string, Deployed>(), [] as Resource[]];
    try {
      for (const resource of customIn(stack)) {
        const key = keyOf(stack, resource);
        const before = kept.get(key);
        const deployed = await new Deployment(stack, resource, { answers, invoke }).deploy(before);
        kept.set(key, deployed);
        all.set(resource.logicalId, deployed);
        if (before === undefined) added.push(resource);
      }
      return all;
    } catch (error) {
      await removeAll(stack, added, answers);
      throw error;
    }
  }

  return {
    async deploy(stacks) {
      const answered = new Map<string, string>();
      await withAnswers(async answers => {
        for (const stack of stacks)
          for (const [logicalId, { physicalId, data }] of await deployAll(stack, answers)) {
            answered.set(customResourceText(stack.name, logicalId), physicalId);
            for (const [attribute, value] of Object.entries(data))
              answered.set(customResourceText(stack.name, logicalId, attribute), value);
          }
      });
      return text =>
        [...answered].reduce(
          (resolved, [placeholder, value]) => resolved.replaceAll(placeholder, value),
          text,
        );
    },
    async remove(stack, after) {
      const staying = new Set(after?.resources.map(({ logicalId }) => logicalId));
      const leaving = customIn(stack).filter(({ logicalId }) => !staying.has(logicalId));
      await withAnswers(answers => removeAll(stack, leaving, answers));
    },
  };
}

async function withAnswers<Result>(perform: (answers: Answers) => Promise<Result>): Promise<Result> {
  const answers = await startAnswers();
  try {
    return await perform(answers);
  } finally {
    await answers.stop();
  }
}

const customIn = ({ resources }: LoadedStack) => resources.filter(({ isCustom }) => isCustom);
const keyOf = ({ name }: LoadedStack, { logicalId }: Resource) => `${name}/${logicalId}`;

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
  readonly #stack: LoadedStack;
  readonly #resource: Resource;
  readonly #dependencies: DeploymentDependencies;

  constructor(stack: LoadedStack, resource: Resource, dependencies: DeploymentDependencies) {
    this.#stack = stack;
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
    if (answer.PhysicalResourceId !== PhysicalResourceId) await this.remove(before);
    return this.#deployed(answer);
  }

  async remove({ properties, physicalId }: Deployed): Promise<void> {
    await this.#ask({
      RequestType: 'Delete',
      ResourceProperties: properties,
      PhysicalResourceId: physicalId,
    });
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
      StackId: this.#stack.id,
      RequestId: randomUUID(),
      ResourceType: type,
      LogicalResourceId: logicalId,
    };
    const { functionError, payload } = await this.#dependencies.invoke(functionName, JSON.stringify(event));
    const answer = expected.given();
    const during = `${this.#stack.name}: ${task.RequestType}`;
    const why = functionError === undefined ? '' : `, and failed: ${payload}`;
    const silent = `its function did not answer CloudFormation${why}`;
    const reason = answer === undefined ? silent : answer.Reason;
    if (answer?.Status !== 'SUCCESS') throw new ResourceFailedError({ logicalId, type, reason, during });
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
