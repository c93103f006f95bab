import { type Definition, isRecord, nestedDefinitions, recordsIn, type State } from './definition.ts';

/** 2³¹−1 ms in seconds: a longer Node timer fires at once. */
export const MAX_TIMER_SECONDS = 2_147_483;

/** Where the context object keeps what the engine would overwrite in every branch and after a resume. */
export const LOCAL_CONTEXT = 'Local';

/**
 * The definition as the engine has to be given it so that it behaves like AWS:
 * - retry intervals × `timeScale`;
 * - Wait and Fail states become tasks (the local handler sleeps scaled, or fails with resolved Error and Cause);
 * - a task without time-out gets practically none (the engine's default is 60 s);
 * - what the engine gets wrong is written in the form it gets right: `"ResultPath": "$"`, `"IsPresent": false`,
 *   comparisons across types, `?` in StringMatches, falsy Pass results, `$$.Execution` and `$$.State`.
 * @param stateIndex where the context object lists a state, by its name
 * @throws Error naming a part of the context object that is not emulated
 */
export function scaledDefinition(
  definition: Definition,
  timeScale: number,
  stateIndex: (name: string) => number,
): Definition {
  const rewrite = (name: string, state: State): State => {
    const contextual = withLocalContext(state, stateIndex(name));
    const scaled = { ...contextual, ...retriesOf(contextual, timeScale), ...byType(contextual) };
    return { ...withEnginePaths(scaled), Type: scaled.Type };
  };
  const byType = (state: State): Partial<State> => {
    const nested = () =>
      nestedDefinitions(state).map(inner => scaledDefinition(inner, timeScale, stateIndex));
    switch (state.Type) {
      case 'Task':
        return {
          TimeoutSeconds: Math.min(Number(state['TimeoutSeconds'] ?? MAX_TIMER_SECONDS), MAX_TIMER_SECONDS),
        };
      case 'Wait':
        return { ...asTask(state, ['SecondsPath', 'TimestampPath']) };
      case 'Fail':
        return { ...asTask(state, ['ErrorPath', 'CausePath']), End: true };
      case 'Pass':
        return 'Result' in state && !state['Result'] ? { Parameters: state['Result'] } : {};
      case 'Choice':
        return { Choices: recordsIn(state['Choices']).map(choiceRule) };
      case 'Parallel':
        return { Branches: nested() };
      case 'Map':
        return { ItemProcessor: nested()[0] };
      case 'Succeed':
        return {};
    }
  };
  return {
    ...definition,
    States: Object.fromEntries(
      Object.entries(definition.States).map(([name, state]) => [name, rewrite(name, state)]),
    ),
  };
}

/** A task whose handler gets the effective input, and what the path fields point to under their own names. */
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

const ROOT_IS_DEFAULT = ['InputPath', 'OutputPath', 'ResultPath', 'ItemsPath'];

/** `"$"` is the default of every path; as ResultPath the engine takes it for a field of that name. */
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
  // On AWS a value of another type does not match; the engine would compare as JavaScript does, or throw.
  return {
    ...next,
    And: [
      { Variable, [`Is${type}`]: true },
      { Variable, [operator]: operand },
    ],
  };
}

function withLocalContext(state: State, index: number): State {
  const path = (expression: string) => localContextPath(expression, index);
  const templated = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(templated);
    if (!isRecord(node)) return node;
    const entries = Object.entries(node).map(([key, value]) => [
      key,
      key.endsWith('.$') && typeof value === 'string' ? path(value) : templated(value),
    ]);
    return Object.fromEntries(entries);
  };
  const inRule = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(inRule);
    if (!isRecord(node)) return node;
    const isPath = (key: string) => key === 'Variable' || key.endsWith('Path');
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        isPath(key) && typeof value === 'string' ? path(value) : inRule(value),
      ]),
    );
  };
  const fields = Object.entries(state).map(([field, value]) => {
    if (['Parameters', 'ResultSelector', 'ItemSelector'].includes(field)) return [field, templated(value)];
    if (field === 'Choices') return [field, inRule(value)];
    return [field, field.endsWith('Path') && typeof value === 'string' ? path(value) : value];
  });
  return { ...Object.fromEntries(fields), Type: state.Type };
}

const EMULATED_CONTEXT = /^\$\$\.(Execution|StateMachine|Map\.Item|State\.(Name|EnteredTime))\b/;

function localContextPath(expression: string, index: number): string {
  return expression.replaceAll(/\$\$[\w.]*/g, path => {
    if (!EMULATED_CONTEXT.test(path)) throw new Error(`Context object path ${path} is not emulated`);
    return path
      .replace('$$.Execution', () => `$$.${LOCAL_CONTEXT}.Execution`)
      .replace('$$.State.', () => `$$.${LOCAL_CONTEXT}.States[${index}].`);
  });
}
