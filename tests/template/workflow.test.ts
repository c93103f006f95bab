import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as errors from '../../shared/errors.ts';
import { resourceOf, resourcesOf, synthesised } from '../helpers/templates.ts';
import { definitionProblems, deployedDefinition, WORKFLOW } from '../helpers/workflow-definition.ts';

const README = fileURLToPath(new URL('../../shared/refresh/README.md', import.meta.url));
const template = synthesised();
const machine = resourceOf(template, 'AWS::StepFunctions::StateMachine', '');

const Handler = z.object({ ErrorEquals: z.array(z.string()) });
const Task = z.object({
  Type: z.literal('Task'),
  Resource: z.string(),
  TimeoutSeconds: z.number(),
  Next: z.string(),
  Retry: z.array(Handler).min(1),
  Catch: z.array(Handler.extend({ Next: z.string() })).default([]),
});
const Definition = z.object({
  States: z.record(z.string(), z.object({ Type: z.string() }).catchall(z.json())),
});

const definition = Definition.parse(JSON.parse(deployedDefinition(template)));
const states = Object.entries(definition.States);
const tasks = states
  .filter(([, { Type }]) => Type === 'Task')
  .map(([name, state]) => ({ name, ...Task.parse(state) }));
const handled = tasks.flatMap(({ name, Retry, Catch }) =>
  [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals.map(error => ({ name, error }))),
);

/** The seconds of the one `States.Array` in a state. */
function pausesIn(state: unknown): number[] {
  const [, list = ''] = /States\.Array\(([^)]*)\)/.exec(JSON.stringify(state)) ?? [];
  return list.split(',').map(Number);
}

const sum = (seconds: readonly number[]) => seconds.reduce((total, pause) => total + pause, 0);

describe('The workflow', () => {
  it('is valid Amazon States Language, paths and ARNs included', () => {
    expect(definitionProblems(template)).toEqual([]);
  });

  it('names in each state the stage that it belongs to, in the order of the stages', () => {
    const stages = states.map(([name]) => name.split(': ')[0]);
    const inOrder = stages.filter((stage, index) => stage !== stages[index - 1]);
    expect(inOrder).toEqual(['Settle', 'Invalidate', 'Watch', 'Verify', 'Report', 'End']);
  });

  it('is described state by state in the README of the refresh', () => {
    const rows = readFileSync(README, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('| **'));
    const names = rows.flatMap(row => {
      const [, , cell = ''] = row.split('|');
      const [first = '', ...others] = [...cell.matchAll(/`([^`/]+)`/g)].map(([, name = '']) => name);
      const [stage] = first.split(': ');
      return first === ''
        ? []
        : [first, ...others.map(name => `${stage}: ${name.replace(`${stage}: `, '')}`)];
    });
    const stages = states.map(([name]) => name).filter(name => !name.startsWith('End: '));
    expect(names.toSorted()).toEqual(stages.toSorted());
  });

  it('is given nothing that it does not use', () => {
    const used = new Set(
      [...readFileSync(WORKFLOW, 'utf8').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name),
    );
    expect(new Set(Object.keys(Object(machine.properties['DefinitionSubstitutions'])))).toEqual(used);
  });

  it('watches an invalidation for 15 minutes', () => {
    const seconds = pausesIn(definition.States['Watch: begin']);
    expect(sum(seconds)).toBe(15 * 60);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  });

  it('waits for CloudFront’s quota for a day: from 30 s, growing to 15 minutes', () => {
    const Refusals = z.object({
      Choices: z.tuple([
        z.object({ NumericLessThan: z.number(), Next: z.literal('Invalidate: wait longer') }),
        z.object({ NumericLessThan: z.number(), Next: z.literal('Invalidate: wait longest') }),
      ]),
      Default: z.literal('Report: failed'),
    });
    const Longest = z.object({ Parameters: z.object({ seconds: z.number() }) });
    const [growing, atMost] = Refusals.parse(definition.States['Invalidate: refused']).Choices;
    const longest = Longest.parse(definition.States['Invalidate: wait longest']).Parameters.seconds;
    const pauses = pausesIn(definition.States['Settle: begin']);
    expect(pauses).toEqual([30, 60, 120, 240, 480]);
    expect(longest).toBe(15 * 60);
    expect(growing.NumericLessThan).toBe(pauses.length);
    const hours = (sum(pauses) + (atMost.NumericLessThan - pauses.length) * longest) / 3600;
    expect(Math.round(hours)).toBe(24);
  });

  it.each(tasks)('retries $name a limited number of times', ({ TimeoutSeconds, Retry }) => {
    expect(TimeoutSeconds).toBeLessThanOrEqual(15 * 60);
    expect(Retry.some(({ ErrorEquals }) => /^States\.(TaskFailed|ALL)$/.test(ErrorEquals[0] ?? ''))).toBe(
      true,
    );
  });

  it.each(tasks.filter(({ name }) => !name.startsWith('Report: ')))(
    'reports it when $name fails for good',
    ({ Catch }) => {
      expect(Catch.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], Next: 'Report: failed' });
    },
  );

  it('succeeds without calling it fresh when some URLs say nothing, and tells the report which', () => {
    expect(definition.States['Verify: all asked?']).toMatchObject({
      Choices: [{ Variable: '$.verification.unasked', IsPresent: true, Next: 'Report: unasked' }],
      Default: 'Report: fresh',
    });
    expect(definition.States['Report: unasked']).toMatchObject({
      Parameters: { 'refreshId.$': '$.refreshId', 'unasked.$': '$.verification.unasked' },
      Next: 'End: unasked',
    });
    expect(definition.States['End: unasked']).toMatchObject({ Type: 'Succeed' });
  });

  it('reads nothing of a record before it knows that there is one', () => {
    expect(definition.States['Settle: look']).not.toHaveProperty('ResultSelector');
    expect(definition.States['Settle: found?']).toMatchObject({
      Choices: [{ Variable: '$.now.Item', IsPresent: true, Next: 'Settle: read' }],
      Default: 'Settle: no record',
    });
  });

  it('ends as failed, not as succeeded, once a failure is reported', () => {
    expect(definition.States['Report: failed']).toMatchObject({ Next: 'End: failed' });
    expect(definition.States['End: failed']).toMatchObject({ Type: 'Fail' });
  });

  it('keeps its input beside every task’s result', () => {
    const lost = tasks.filter(({ name }) => !('ResultPath' in Object(definition.States[name])));
    expect(lost.map(({ name }) => name)).toEqual([]);
  });
});

describe('Every error that the workflow handles', () => {
  /** Errors that AWS raises: Step Functions itself, a task's service, or the SDK in a function. */
  const FROM_AWS = new Set([
    'States.ALL',
    'States.TaskFailed',
    'States.Timeout',
    'AccessDenied',
    'AccessDeniedException',
    'InvalidArgument',
    'NoSuchDistribution',
    'CloudFront.AccessDeniedException',
    'CloudFront.NoSuchInvalidationException',
    'CloudFront.NoSuchDistributionException',
  ]);
  const source = readFileSync(fileURLToPath(import.meta.resolve('../../shared/errors.ts')), 'utf8');
  const names = [...source.matchAll(/override readonly name = '(\w+)'/g)].map(([, name]) => name);
  const ours = new Set(names);

  it('is read from a list that names every error class', () => {
    expect(names).toHaveLength(Object.keys(errors).length);
  });

  it.each(handled)('exists: $error in $name', ({ error }) => {
    expect(ours.has(error) || FROM_AWS.has(error)).toBe(true);
  });
});

describe('Every function', () => {
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const ours = functions.filter(({ id }) => !id.startsWith('CustomCDKBucketDeployment'));

  it('runs Node.js 24', () => {
    const others = ours.filter(({ properties }) => properties['Runtime'] !== 'nodejs24.x');
    expect(ours.length).toBeGreaterThan(0);
    expect(others.map(({ id }) => id)).toEqual([]);
  });

  it('that runs a step times out before the step does', () => {
    const limits = tasks.flatMap(({ Resource, TimeoutSeconds }) => {
      const called = ours.find(({ id }) => Resource.endsWith(`:${id}`));
      return called
        ? [{ id: called.id, own: Number(called.properties['Timeout']), step: TimeoutSeconds }]
        : [];
    });
    expect(limits.length).toBeGreaterThan(0);
    expect(limits.filter(({ own, step }) => own >= step)).toEqual([]);
  });

  it('keeps its logs for a limited time', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(groups.filter(({ properties }) => !('RetentionInDays' in properties))).toEqual([]);
    const logging = ours.map(({ properties }) => JSON.stringify(properties['LoggingConfig'] ?? null));
    expect(logging.filter(text => !groups.some(({ id }) => text.includes(`"Ref":"${id}"`)))).toEqual([]);
  });

  it('is deployed after the permissions that it needs', () => {
    const policies = new Set(resourcesOf(template, 'AWS::IAM::Policy').map(({ id }) => id));
    const late = ours.filter(({ dependsOn }) => !dependsOn.some(id => policies.has(id)));
    expect(late.map(({ id }) => id)).toEqual([]);
  });
});
