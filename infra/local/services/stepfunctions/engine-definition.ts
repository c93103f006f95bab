import { type Definition, isRecord, recordsIn, type State } from './definition.ts';

/** 2³¹−1 ms in seconds: a longer Node timer fires at once. */
export const MAX_TIMER_SECONDS = 2_147_483;

/**
 * The definition in the form that makes the engine behave like AWS:
 * - retry intervals × `timeScale`;
 * - Wait and Fail states become tasks (the local handler sleeps scaled, or fails with resolved
 *   Error and Cause);
 * - a task without a timeout gets practically none (the engine's default is 60 s);
 * - what the engine gets wrong is written in a form that it gets right: `"ResultPath": "$"`,
 *   `"IsPresent": false`, comparisons across types, `?` in StringMatches, falsy Pass results.
 */
export function engineDefinition(definition: Definition, timeScale: number): Definition {
  const states = Object.entries(definition.States).map(([name, state]) => {
    const scaled = { ...state, ...retriesOf(state, timeScale), ...byType(state) };
    return [name, { ...withEnginePaths(scaled), Type: scaled.Type }] as const;
  });
  return { ...definition, States: Object.fromEntries(states) };
}

function byType(state: State): Partial<State> {
  switch (state.Type) {
    case 'Task':
      return {
        TimeoutSeconds: Math.min(Number(state['TimeoutSeconds'] ?? MAX_TIMER_SECONDS), MAX_TIMER_SECONDS),
      };
    case 'Wait':
      return asTask(state, ['SecondsPath']);
    case 'Fail':
      return { ...asTask(state, ['ErrorPath', 'CausePath']), End: true };
    case 'Pass':
      return 'Result' in state && !state['Result'] ? { Parameters: state['Result'] } : {};
    case 'Choice':
      return { Choices: recordsIn(state['Choices']).map(choiceRule) };
    case 'Succeed':
      return {};
  }
}

/**
 * A task whose handler gets the effective input and, under their own names, the values of the path
 * fields.
 */
function asTask(state: State, pathFields: readonly string[]): Partial<State> {
  const paths = pathFields.filter(field => field in state).map(field => [`${field}.$`, state[field]]);
  return {
    Type: 'Task',
    TimeoutSeconds: MAX_TIMER_SECONDS,
    ...(paths.length === 0 ? {} : { Parameters: { 'input.$': '$', ...Object.fromEntries(paths) } }),
  };
}

function retriesOf(state: State, timeScale: number): Partial<State> {
  if (state['Retry'] === undefined) return {};
  return {
    Retry: recordsIn(state['Retry']).map(retrier => ({
      MaxAttempts: 3,
      BackoffRate: 2,
      ...retrier,
      IntervalSeconds: Number(retrier['IntervalSeconds'] ?? 1) * timeScale,
      ...('MaxDelaySeconds' in retrier
        ? { MaxDelaySeconds: Number(retrier['MaxDelaySeconds']) * timeScale }
        : {}),
    })),
  };
}

const ROOT_IS_DEFAULT = ['InputPath', 'OutputPath', 'ResultPath'];

/**
 * `"$"` is the default of every path; the engine takes a ResultPath `"$"` for a field of that name.
 */
function withEnginePaths(node: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(node).filter(
    ([field, value]) => !(ROOT_IS_DEFAULT.includes(field) && value === '$'),
  );
  // The engine strips `$.` only; without the `$` it reads `['a']` rightly.
  const resultPath = (field: string, value: unknown) =>
    field === 'ResultPath' && typeof value === 'string' && value.startsWith('$[') ? value.slice(1) : value;
  return Object.fromEntries(
    entries.map(([field, value]) => [
      field,
      field === 'Catch' ? recordsIn(value).map(withEnginePaths) : resultPath(field, value),
    ]),
  );
}

function choiceRule(rule: Record<string, unknown>): Record<string, unknown> {
  const { Next, Variable, ...test } = rule;
  const next = Next === undefined ? {} : { Next };
  if (Array.isArray(test['And'])) return { ...next, And: recordsIn(test['And']).map(choiceRule) };
  if (Array.isArray(test['Or'])) return { ...next, Or: recordsIn(test['Or']).map(choiceRule) };
  if (isRecord(test['Not'])) return { ...next, Not: choiceRule(test['Not']) };

  const operator = Object.keys(test).find(key => key !== 'Comment') ?? '';
  if (operator.startsWith('Is'))
    return test[operator] === false
      ? { ...next, Not: { Variable, [operator]: true } }
      : { ...next, Variable, [operator]: true };
  const type = /^(String|Numeric|Boolean|Timestamp)/.exec(operator)?.[0];
  const operand =
    operator === 'StringMatches' ? String(test[operator]).replaceAll('?', '\\?') : test[operator];
  // On AWS a value of another type does not match; the engine would compare as JavaScript does, or
  // throw.
  return {
    ...next,
    And: [
      { Variable, [`Is${type}`]: true },
      { Variable, [operator]: operand },
    ],
  };
}
