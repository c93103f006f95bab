import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../kernel/aws-api.ts';
import { customResourceText, identityOf, isCustomResource } from './resource-identity.ts';

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Condition: z.string().optional(),
    }),
  ),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Description: z.string().optional() }))
    .default({}),
});

const AssetManifest = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

/** A resource of the template with every intrinsic function resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` answers. */
  readonly ref: string;
  /** What `Fn::GetAtt` answers. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface LoadedStack {
  readonly name: string;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, string>>;
  /** The file or folder behind each object key of the asset bucket. */
  readonly assets: ReadonlyMap<string, string>;
}

export interface LoadOptions {
  /** A CDK assembly: `cdk.out`. */
  readonly assemblyDirectory: string;
  readonly stackName: string;
  /** Base of queue URLs. */
  readonly endpoint: string;
}

/**
 * Reads the synthesised template that also deploys, and resolves it for the local account.
 *
 * @throws Error naming the resource and the function or property that the local cloud does not know
 */
export function loadStack(options: LoadOptions): LoadedStack {
  const { assemblyDirectory, stackName } = options;
  const templateFile = join(assemblyDirectory, `${stackName}.template.json`);
  if (!existsSync(templateFile)) throw new Error(`No ${templateFile}: synthesise first (npm run synth)`);
  const template = Template.parse(JSON.parse(readFileSync(templateFile, 'utf8')));
  const resolve = createResolver(template.Resources, options);

  const resources = Object.entries(template.Resources).map(([logicalId, { Type, Properties, Condition }]) => {
    if (Condition !== undefined) throw new Error(`${logicalId}: conditions are not emulated (${Condition})`);
    return {
      logicalId,
      type: Type,
      ...resolve.identity(logicalId),
      properties: resolve.record(Properties, logicalId),
    };
  });
  const outputs = Object.fromEntries(
    Object.entries(template.Outputs).map(([name, { Value }]) => [
      name,
      String(resolve.value(Value, `output ${name}`)),
    ]),
  );
  return {
    name: stackName,
    resources,
    outputs,
    assets: readAssets(assemblyDirectory, stackName),
  };
}

/** A stack with every text of its resources' properties changed, and of its outputs, as it becomes known what they stand for. */
export function withTexts(stack: LoadedStack, change: (text: string) => string): LoadedStack {
  const changed = (node: unknown): unknown => {
    if (typeof node === 'string') return change(node);
    if (Array.isArray(node)) return node.map(changed);
    return node !== null && typeof node === 'object' ? changedRecord(node) : node;
  };
  const changedRecord = (node: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(node).map(([name, value]) => [name, changed(value)]));
  return {
    ...stack,
    resources: stack.resources.map(resource => ({
      ...resource,
      properties: changedRecord(resource.properties),
    })),
    outputs: Object.fromEntries(Object.entries(stack.outputs).map(([name, text]) => [name, change(text)])),
  };
}

/** What several stacks have together. */
export function inOneAccount(stacks: readonly LoadedStack[]): Pick<LoadedStack, 'resources' | 'assets'> {
  return {
    resources: stacks.flatMap(stack => stack.resources),
    assets: new Map(stacks.flatMap(stack => [...stack.assets])),
  };
}

function readAssets(directory: string, stackName: string): Map<string, string> {
  const manifest = AssetManifest.parse(
    JSON.parse(readFileSync(join(directory, `${stackName}.assets.json`), 'utf8')),
  );
  return new Map(
    Object.values(manifest.files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, join(directory, source.path)] as const),
    ),
  );
}

/** With or without variables of its own. */
const SubArgument = z.union([
  z.string().transform((text): [string, Record<string, unknown>] => [text, {}]),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]),
]);

type Definitions = z.infer<typeof Template>['Resources'];

function createResolver(definitions: Definitions, options: LoadOptions) {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': LOCAL_ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::Region': LOCAL_REGION,
    'AWS::StackName': options.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${options.stackName}/local`,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const identities = new Map<string, { ref: string; attributes: Readonly<Record<string, string>> }>();
  const beingNamed = new Set<string>();

  function identity(logicalId: string) {
    const known = identities.get(logicalId);
    if (known !== undefined) return known;
    const definition = definitions[logicalId];
    if (definition === undefined) throw new Error(`The template has no resource ${logicalId}`);
    if (beingNamed.has(logicalId)) {
      throw new Error(`Names refer to each other in a circle: ${[...beingNamed, logicalId].join(' → ')}`);
    }
    beingNamed.add(logicalId);
    const made = identityOf(
      { logicalId, type: definition.Type, property: name => value(definition.Properties[name], logicalId) },
      options,
    );
    beingNamed.delete(logicalId);
    identities.set(logicalId, made);
    return made;
  }

  function ref(name: string, where: string): string {
    return pseudo[name] ?? identity(existing(name, where)).ref;
  }

  function existing(logicalId: string, where: string): string {
    if (logicalId in definitions) return logicalId;
    throw new Error(`${where} refers to ${logicalId}, which the template does not define`);
  }

  function getAtt(logicalId: string, attribute: string, where: string): string {
    const found = identity(existing(logicalId, where)).attributes[attribute];
    if (found !== undefined) return found;
    const type = definitions[logicalId]?.Type ?? '';
    if (isCustomResource(type)) return customResourceText(options.stackName, logicalId, attribute);
    throw new Error(`${where}: attribute ${attribute} of ${logicalId} (${type}) is not emulated`);
  }

  function value(node: unknown, where: string): unknown {
    if (Array.isArray(node)) return node.map(entry => value(entry, where));
    if (node === null || typeof node !== 'object') return node;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(node);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::')))
      return intrinsic(name, argument, where);
    return record(node, where);
  }

  function intrinsic(name: string, argument: unknown, where: string): unknown {
    switch (name) {
      case 'Ref':
        return ref(String(argument), where);
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = z.tuple([z.string(), z.string()]).parse(argument);
        return getAtt(logicalId, attribute, where);
      }
      case 'Fn::Join': {
        const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
        return parts.map(part => value(part, where)).join(separator);
      }
      case 'Fn::Sub':
        return substitute(argument, where);
      case 'Fn::Select': {
        const [index, list] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
        return z.array(z.unknown()).parse(value(list, where))[index];
      }
      case 'Fn::Split': {
        const [separator, text] = z.tuple([z.string(), z.unknown()]).parse(argument);
        return String(value(text, where)).split(separator);
      }
      default:
        throw new Error(`${where}: the function ${name} is not emulated`);
    }
  }

  /** `${!Literal}` stands for `${Literal}`. */
  function substitute(argument: unknown, where: string): string {
    const [text, variables] = SubArgument.parse(argument);
    return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return String(value(variables[name], where));
      const [logicalId = '', attribute] = name.split(/\.(.*)/);
      return attribute === undefined ? ref(logicalId, where) : getAtt(logicalId, attribute, where);
    });
  }

  function record(node: object, where: string): Record<string, unknown> {
    return Object.fromEntries(Object.entries(node).map(([name, entry]) => [name, value(entry, where)]));
  }

  return { identity, value, record };
}
