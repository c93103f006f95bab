import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';

const STATE_TYPES = ['Task', 'Parallel', 'Map', 'Pass', 'Wait', 'Choice', 'Succeed', 'Fail'] as const;
export type StateType = (typeof STATE_TYPES)[number];

/** One state as written, its fields checked against those the local Step Functions knows. */
export interface State {
  readonly Type: StateType;
  readonly [field: string]: unknown;
}

/** A state machine, a branch of a Parallel state or the processor of a Map state. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  /** Seconds. */
  readonly TimeoutSeconds?: number | undefined;
}

const state = z.looseObject({ Type: z.enum(STATE_TYPES) });
const definitionShape = z.looseObject({
  StartAt: z.string(),
  States: z.record(z.string(), state),
  TimeoutSeconds: z.number().optional(),
});

const MACHINE_FIELDS = ['StartAt', 'States', 'Comment', 'Version', 'TimeoutSeconds', 'QueryLanguage'];
const COMMON_FIELDS = ['Type', 'Comment', 'QueryLanguage', 'Next', 'End', 'InputPath', 'OutputPath'];
const RESULT_FIELDS = ['Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'];
const MAP_FIELDS = [
  'Iterator',
  'ItemProcessor',
  'ItemSelector',
  'ItemsPath',
  'MaxConcurrency',
  'MaxConcurrencyPath',
];
const FIELDS_BY_TYPE: Record<StateType, readonly string[]> = {
  Task: ['Resource', 'TimeoutSeconds', ...RESULT_FIELDS],
  Parallel: ['Branches', ...RESULT_FIELDS],
  Map: [...MAP_FIELDS, ...RESULT_FIELDS],
  Pass: ['Parameters', 'Result', 'ResultPath'],
  Wait: ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: ['Choices', 'Default'],
  Succeed: [],
  Fail: ['Error', 'ErrorPath', 'Cause', 'CausePath'],
};
const RETRY_FIELDS = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];
const CATCH_FIELDS = ['ErrorEquals', 'Next', 'ResultPath', 'Comment'];

/** Definitions found valid, as JSON: the validator compiles its schema anew each time, which is most of a local cloud's start. */
const valid = new Set<string>();

/**
 * Reads an ASL definition.
 * @throws Error with the validator's message when it is not valid ASL, or naming what is valid but not emulated
 */
export function parseDefinition(machine: string, source: unknown): Definition {
  const text = JSON.stringify(source);
  try {
    // A copy, because the validator writes into what it is given.
    if (!valid.has(text)) new StateMachine(JSON.parse(text) as StateMachineDefinition);
    valid.add(text);
  } catch (error) {
    throw new Error(`State machine ${machine}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const definition = definitionShape.parse(source);
  refuseUnknown(machine, definition, MACHINE_FIELDS);
  requireEmulated(machine, definition);
  return definition;
}

/** The machines inside a Map or Parallel state. */
export function nestedDefinitions(state: State): Definition[] {
  const nested =
    state.Type === 'Parallel' ? state['Branches'] : [state['ItemProcessor'] ?? state['Iterator']];
  if (state.Type !== 'Parallel' && state.Type !== 'Map') return [];
  return z.array(definitionShape).parse(nested);
}

/** Every state, those in branches and iterations too: their names are unique in a machine. */
export function allStates(definition: Definition): Map<string, State> {
  const states = Object.entries(definition.States);
  const nested = states.flatMap(([, state]) =>
    nestedDefinitions(state).flatMap(inner => [...allStates(inner)]),
  );
  return new Map([...states, ...nested]);
}

function requireEmulated(machine: string, definition: Definition): void {
  requireJsonPath(machine, definition);
  for (const [name, state] of Object.entries(definition.States)) {
    const where = `${machine}, state ${name}`;
    requireJsonPath(where, state);
    refuseUnknown(where, state, [...COMMON_FIELDS, ...FIELDS_BY_TYPE[state.Type]]);
    for (const retrier of recordsIn(state['Retry'])) refuseUnknown(`${where}, Retry`, retrier, RETRY_FIELDS);
    for (const catcher of recordsIn(state['Catch'])) refuseUnknown(`${where}, Catch`, catcher, CATCH_FIELDS);
    for (const inner of nestedDefinitions(state)) {
      refuseUnknown(where, inner, [...MACHINE_FIELDS, 'ProcessorConfig']);
      requireInlineMap(where, inner);
      requireEmulated(machine, inner);
    }
    // The engine drops every backslash of what this function returns: quotes in the data would break the JSON.
    if (
      JSON.stringify({ ...state, Branches: 0, Iterator: 0, ItemProcessor: 0 }).includes('States.JsonToString')
    )
      throw new Error(`State machine ${where}: States.JsonToString is not emulated`);
  }
}

function requireJsonPath(where: string, node: object): void {
  const { QueryLanguage: language = 'JSONPath' } = z
    .looseObject({ QueryLanguage: z.string().optional() })
    .parse(node);
  if (language !== 'JSONPath')
    throw new Error(`State machine ${where}: query language ${language} is not emulated`);
}

function requireInlineMap(where: string, processor: Definition): void {
  const config = z.looseObject({
    ProcessorConfig: z.looseObject({ Mode: z.string().optional() }).optional(),
  });
  const mode = config.parse(processor).ProcessorConfig?.Mode ?? 'INLINE';
  if (mode !== 'INLINE') throw new Error(`State machine ${where}: Map mode ${mode} is not emulated`);
}

function refuseUnknown(where: string, node: object, known: readonly string[]): void {
  const unknown = Object.keys(node).find(field => !known.includes(field));
  if (unknown !== undefined) throw new Error(`State machine ${where}: field ${unknown} is not emulated`);
}

export function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
