import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CloudFormationValidatePlugin, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { ASSEMBLY } from './assembly.ts';
import type { TemplateRule } from './template-rules.ts';
import type { Json, StackName } from './templates.ts';

const WholeTemplate = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.json().default({}) })),
});
/** A synthesised template with everything in it, to be changed. */
export type WholeTemplate = z.infer<typeof WholeTemplate>;
export type Plant = (template: WholeTemplate) => void;

/** A fault, and whatever finds it: the synthesis by the first two, our tests by the last. */
export interface TemplateFault {
  readonly fault: string;
  /** @default the smaller one, AutoInvalidation */
  readonly stack?: StackName;
  readonly plant: Plant;
  /** The rule of AWS's validator that finds it. */
  readonly validator?: string;
  /** The rule of cdk-nag that finds it. */
  readonly nag?: string;
  /** The rule of this project that finds it. */
  readonly ours?: TemplateRule;
}

export const wholeTemplate = (stack: StackName): WholeTemplate =>
  WholeTemplate.parse(JSON.parse(readFileSync(`${ASSEMBLY}/${stack}.template.json`, 'utf8')));

/**
 * Changes the one resource whose type and beginning of logical id are given.
 *
 * @param values by path in the resource, such as `Properties.Origins.0.Id`; `undefined` removes
 */
export function change(
  resource: `${string} ${string}`,
  values: Readonly<Record<string, Json | undefined>>,
): Plant {
  const [type = '', prefix = ''] = resource.split(' ');
  return ({ Resources }) => {
    const [found, ...others] = Object.entries(Resources).filter(
      ([id, { Type }]) => Type === type && id.startsWith(prefix),
    );
    if (found === undefined || others.length > 0) throw new Error(`Not exactly one ${resource}…`);
    for (const [path, value] of Object.entries(values)) put(found[1], path.split('.'), value);
  };
}

export const add =
  (id: string, type: string, properties: Record<string, Json>): Plant =>
  ({ Resources }) => {
    Resources[id] = { Type: type, Properties: properties };
  };

function put(target: unknown, [name = '', ...rest]: readonly string[], value: Json | undefined): void {
  if (target === null || typeof target !== 'object') throw new Error(`Nothing that could have ${name}`);
  if (rest.length > 0) put(Reflect.get(target, name), rest, value);
  else if (value !== undefined) Reflect.set(target, name, value);
  else if (!Reflect.has(target, name)) throw new Error(`No ${name} to remove`);
  else if (Array.isArray(target)) target.splice(Number(name), 1);
  else Reflect.deleteProperty(target, name);
}

/** @returns the file */
export function writeTemplate(folder: string, stack: StackName, template: WholeTemplate): string {
  const file = join(folder, `${stack}.template.json`);
  writeFileSync(file, JSON.stringify(template));
  return file;
}

/** Compiles its rules at first, so there is one for all templates. */
const validator = new CloudFormationValidatePlugin();

/**
 * What AWS's own rules find, which the CDK applies at each synthesis: its copy of the rules, with
 * its exceptions.
 *
 * @returns `rule: description`
 */
export function validatorFindings(templatePath: string): string[] {
  const { violations } = validator.validate({
    appConstruct: new App(),
    templatePaths: [templatePath],
    stackTemplates: [
      { stackConstructPath: 'Planted', templatePath, accountId: '111122223333', region: 'us-east-1' },
    ],
  });
  return violations.map(({ ruleName, description }) => `${ruleName}: ${description}`);
}

/**
 * What cdk-nag finds. A template holds no acknowledgements, so what the stack explains is found
 * again.
 *
 * @returns `rule: construct`
 */
export function nagFindings(templateFile: string): string[] {
  const app = new App();
  new CfnInclude(new Stack(app, 'Planted'), 'Template', { templateFile });
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName}: ${constructPath}`),
  );
}
