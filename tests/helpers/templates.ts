import { readFileSync } from 'node:fs';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { AutoInvalidationStack } from '../../infra/auto-invalidation-stack.ts';
import { readAttachmentSettings, readSettings } from '../../infra/settings.ts';
import { StudentSiteStack } from '../../infra/student-site-stack.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { ASSEMBLY } from './assembly.ts';

export const CONTEXT = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))).context;

const CfnTemplate = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.json()).default({}),
      DependsOn: z.array(z.string()).default([]),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.json() })).default({}),
});
export type CfnTemplate = z.infer<typeof CfnTemplate>;
export type Json = z.infer<ReturnType<typeof z.json>>;

/** The stacks of the synthesised assembly. */
export type StackName = 'StudentSite' | 'AutoInvalidation';

export interface Resource {
  readonly id: string;
  readonly properties: Readonly<Record<string, Json>>;
  readonly dependsOn: readonly string[];
}

/**
 * The template that would deploy, the school's with every setting that has a default left at it.
 */
export function synthesised(stackName: StackName = 'StudentSite'): CfnTemplate {
  return readTemplate(`${ASSEMBLY}/${stackName}.template.json`);
}

export function readTemplate(file: string): CfnTemplate {
  return CfnTemplate.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The stack with other settings. Its functions are not bundled, which would take seconds each. */
export function buildStack(settings: Readonly<Record<string, unknown>> = {}): {
  app: App;
  stack: StudentSiteStack;
} {
  const { notifyEmail } = ATTACHED;
  const app = new App({
    context: { ...CONTEXT, notifyEmail, 'aws:cdk:bundling-stacks': [], ...settings },
  });
  const stack = new StudentSiteStack(app, 'StudentSite', {
    settings: readSettings(name => app.node.tryGetContext(name)),
    websiteDirectory: `${ASSEMBLY}/website`,
    env: { region: 'us-east-1' },
  });
  return { app, stack };
}

/** The attachment with these settings alone. Its functions are not bundled. */
export function buildAttachment(settings: Readonly<Record<string, unknown>>): {
  app: App;
  stack: AutoInvalidationStack;
} {
  const app = new App({ context: { ...CONTEXT, 'aws:cdk:bundling-stacks': [] } });
  const stack = new AutoInvalidationStack(app, 'AutoInvalidation', {
    settings: readAttachmentSettings(name => settings[name]),
  });
  return { app, stack };
}

export function templateWith(settings: Readonly<Record<string, unknown>>): CfnTemplate {
  return templateOf(buildStack(settings).stack);
}

export function templateOf(stack: Stack): CfnTemplate {
  return CfnTemplate.parse(Template.fromStack(stack).toJSON());
}

export function resourcesOf({ Resources }: CfnTemplate, type: string): Resource[] {
  return Object.entries(Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties, DependsOn }]) => ({ id, properties: Properties, dependsOn: DependsOn }));
}

/** The one resource of its type whose logical id begins so. */
export function resourceOf(template: CfnTemplate, type: string, idPrefix: string): Resource {
  const [found, ...others] = resourcesOf(template, type).filter(({ id }) => id.startsWith(idPrefix));
  if (found === undefined || others.length > 0) throw new Error(`Not exactly one ${type} ${idPrefix}…`);
  return found;
}

const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), item.transform(single => [single])]);

const Statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: listOf(z.string()),
  Resource: listOf(z.json()).optional(),
  Principal: z.json().optional(),
  Condition: z.json().optional(),
});
export type Statement = z.infer<typeof Statement>;

const PolicyDocument = z.object({ Statement: z.array(Statement) });

export function statementsOf({ properties }: Resource): Statement[] {
  return PolicyDocument.parse(properties['PolicyDocument']).Statement;
}

/** What a role may do, role by its logical id's beginning; AWS's managed policies aside. */
export function permissionsOf(template: CfnTemplate, rolePrefix: string): Statement[] {
  const role = resourceOf(template, 'AWS::IAM::Role', rolePrefix).id;
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(({ properties }) => JSON.stringify(properties['Roles']).includes(`"${role}"`))
    .flatMap(statementsOf);
}

export const ref = (id: string) => ({ Ref: id });
export const getAtt = (id: string, attribute: string) => ({ 'Fn::GetAtt': [id, attribute] });

/** A string made of references, which are shown as `<Id>` and `<Id.Attribute>`. */
export function textOf(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (value === null || typeof value !== 'object') return String(value);
  const [[name, argument] = ['', null]] = Object.entries(value);
  if (name === 'Ref') return `<${textOf(argument)}>`;
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (name === 'Fn::Join' && Array.isArray(argument)) return textOf(argument[1]);
  if (name === 'Fn::Sub') return textOf(argument).replaceAll(/\$\{([^}]+)\}/g, '<$1>');
  throw new Error(`Not a string: ${JSON.stringify(value)}`);
}
