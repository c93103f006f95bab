import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type CfnTemplate, type Json, resourceOf, textOf } from './templates.ts';

/** Deployed as it is, as an asset. */
export const WORKFLOW = fileURLToPath(new URL('../../infra/workflows/refresh.asl.json', import.meta.url));

type Validator = (
  definition: object,
  options: { checkPaths: boolean; checkArn: boolean },
) => {
  isValid: boolean;
  errors: readonly unknown[];
};

/**
 * The definition as Step Functions gets it: with the template's substitutions, each replaced by a
 * name of the right shape.
 *
 * @throws Error when the template lacks one
 */
export function deployedDefinition(template: CfnTemplate): string {
  const { properties } = resourceOf(template, 'AWS::StepFunctions::StateMachine', '');
  const { DefinitionString = readFileSync(WORKFLOW, 'utf8') } = properties;
  const substitutions = z.record(z.string(), z.json()).parse(properties['DefinitionSubstitutions']);
  return textOf(DefinitionString).replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = substitutions[name];
    if (value === undefined) throw new Error(`The template has no value for \${${name}}`);
    return resolved(value);
  });
}

function resolved(value: Json): string {
  const text = textOf(value).replace('<AWS::Partition>', 'aws');
  return text.replaceAll(/<(\w+)\.Arn>/g, 'arn:aws:lambda:us-east-1:000000000000:function:$1');
}

/** What is wrong with the definition as Amazon States Language, paths and ARNs included. */
export function definitionProblems(template: CfnTemplate): string[] {
  const validate = createRequire(import.meta.url)('asl-validator') as Validator;
  const options = { checkPaths: true, checkArn: true };
  return validate(JSON.parse(deployedDefinition(template)), options).errors.map(error =>
    JSON.stringify(error),
  );
}
