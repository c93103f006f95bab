import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INVALID } from '../fixtures/invalid-templates.ts';
import { STRANDING, TROUBLING } from '../fixtures/template-faults.ts';
import {
  nagFindings,
  type TemplateFault,
  validatorFindings,
  type WholeTemplate,
  wholeTemplate,
  writeTemplate,
} from '../helpers/planted-template.ts';
import { readTemplate, type StackName } from '../helpers/templates.ts';

const STACKS = ['StudentSite', 'AutoInvalidation'] as const;
const FAULTS = [...STRANDING, ...TROUBLING, ...INVALID];
const RULES = new Map(FAULTS.flatMap(({ ours }) => (ours === undefined ? [] : [[ours.name, ours] as const])));

const folder = mkdtempSync(join(tmpdir(), 'mutations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (stack: StackName, template: WholeTemplate = wholeTemplate(stack)) =>
  writeTemplate(folder, stack, template);

describe.each(STACKS)('The template of %s as it is', stack => {
  it('passes AWS’s validator without a warning', () => {
    expect(validatorFindings(written(stack))).toEqual([]);
  });

  it.each([...RULES])('passes our rule %s', async (_, rule) => {
    expect(await rule(readTemplate(written(stack)), stack)).toEqual([]);
  });
});

describe('A template', () => {
  /** What cdk-nag finds in the stacks as they are: `findings.test.ts` sees to the explanations. */
  const explained = new Map<StackName, string[]>();
  beforeAll(() => {
    for (const stack of STACKS) explained.set(stack, nagFindings(written(stack)));
  });

  it.each(FAULTS.map(fault => [fault.fault, catchersOf(fault), fault] as const))(
    'with %s is caught by %s',
    async (_, _catchers, { stack = 'AutoInvalidation', plant, validator, nag, ours }) => {
      const template = wholeTemplate(stack);
      plant(template);
      expect(template).not.toEqual(wholeTemplate(stack));
      const file = written(stack, template);
      if (validator !== undefined) expect(rulesIn(validatorFindings(file))).toContain(validator);
      if (nag !== undefined) {
        const known = explained.get(stack) ?? [];
        expect(rulesIn(nagFindings(file).filter(finding => !known.includes(finding)))).toContain(nag);
      }
      if (ours !== undefined) expect(await ours(readTemplate(file), stack)).not.toEqual([]);
    },
  );

  it('has no fault here that nobody catches', () => {
    expect(FAULTS.filter(fault => catchersOf(fault) === '')).toEqual([]);
  });
});

function catchersOf({ validator, nag, ours }: TemplateFault): string {
  const catchers = { 'AWS’s validator': validator, 'cdk-nag': nag, 'our rule': ours?.name };
  return Object.entries(catchers)
    .flatMap(([catcher, rule]) => (rule === undefined ? [] : `${catcher} (${rule})`))
    .join(' and ');
}

/** The rules of findings, each of which is written as `rule: what`. */
function rulesIn(findings: readonly string[]): string[] {
  return findings.map(finding => finding.replace(/: .*$/s, ''));
}
