import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../kernel/aws-api.ts';
import { isCustomType, Resolver, type ResolverOptions } from './resolver.ts';
import type { Resource } from './resource.ts';

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

export interface LoadedStack {
  readonly name: string;
  /** Its ARN. */
  readonly id: string;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, string>>;
  /** The file or folder behind each object key of the asset bucket. */
  readonly assets: ReadonlyMap<string, string>;
}

/** The ARN of a stack. @param unique tells apart stacks that had the same name in turn */
export function stackIdOf(stackName: string, unique = 'local'): string {
  return `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${stackName}/${unique}`;
}

export interface LoadOptions extends Omit<ResolverOptions, 'stackId' | 'parameters'> {
  /** A CDK assembly: `cdk.out`. */
  readonly assemblyDirectory: string;
}

/**
 * Reads a synthesised template, the same one that deploys, and resolves it for the local account.
 *
 * @throws Error naming the resource and the function or type that the local cloud does not know
 */
export function loadStack(options: LoadOptions): LoadedStack {
  const { assemblyDirectory, stackName } = options;
  const templateFile = join(assemblyDirectory, `${stackName}.template.json`);
  if (!existsSync(templateFile)) throw new Error(`No ${templateFile}: synthesise first (npm run synth)`);
  return resolveStack(readFileSync(templateFile, 'utf8'), {
    ...options,
    stackId: stackIdOf(stackName),
    assets: readAssets(assemblyDirectory, stackName),
  });
}

export interface ResolveOptions extends ResolverOptions, Pick<LoadedStack, 'assets'> {}

/**
 * Resolves a template for the local account.
 *
 * @param text JSON
 * @throws Error naming the resource and the function or type that the local cloud does not know
 */
export function resolveStack(text: string, options: ResolveOptions): LoadedStack {
  const { stackName, types, assets } = options;
  const template = Template.parse(JSON.parse(text));
  const resolver = new Resolver(template.Resources, options);

  const resources = Object.entries(template.Resources).map(
    ([logicalId, { Type, Properties, Condition }]): Resource => {
      if (Condition !== undefined)
        throw new Error(`${logicalId}: conditions are not emulated (${Condition})`);
      return {
        logicalId,
        type: Type,
        ...resolver.identity(logicalId),
        properties: resolver.record(Properties, logicalId),
        ...(isCustomType(Type, types) ? { isCustom: true } : {}),
      };
    },
  );
  const outputs = Object.entries(template.Outputs).map(([name, { Value }]) => [
    name,
    String(resolver.value(Value, `output ${name}`)),
  ]);
  return {
    name: stackName,
    id: options.stackId,
    resources,
    outputs: Object.fromEntries(outputs),
    assets,
  };
}

/**
 * Changes every string in a stack's properties and outputs: placeholders become known one after the
 * other.
 */
export function withTexts(stack: LoadedStack, change: (text: string) => string): LoadedStack {
  return {
    ...withPropertyTexts(stack, change),
    outputs: Object.fromEntries(Object.entries(stack.outputs).map(([name, text]) => [name, change(text)])),
  };
}

/** Changes every string in a stack's properties, and leaves its outputs alone. */
export function withPropertyTexts(stack: LoadedStack, change: (text: string) => string): LoadedStack {
  const changed = (node: unknown): unknown => {
    if (typeof node === 'string') return change(node);
    if (Array.isArray(node)) return node.map(changed);
    return node !== null && typeof node === 'object' ? changedRecord(node) : node;
  };
  const changedRecord = (node: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(node).map(([name, value]) => [name, changed(value)]));
  const resources = stack.resources.map(resource => ({
    ...resource,
    properties: changedRecord(resource.properties),
  }));
  return { ...stack, resources };
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
