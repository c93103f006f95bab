import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { z } from 'zod';

const STATE_TYPES = ['Task', 'Pass', 'Wait', 'Choice', 'Succeed', 'Fail'] as const;
type StateType = (typeof STATE_TYPES)[number];

/** One state as written; its fields are among those that the local Step Functions knows. */
export interface State {
  readonly Type: StateType;
  readonly [field: string]: unknown;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  /** Seconds. */
  readonly TimeoutSeconds?: number | undefined;
}

const definitionShape = z.looseObject({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.enum(STATE_TYPES, { error: issue => `the state type ${issue.input} is not emulated` }),
    }),
  ),
  TimeoutSeconds: z.number().optional(),
});

const MACHINE_FIELDS = ['StartAt', 'States', 'Comment', 'Version', 'TimeoutSeconds', 'QueryLanguage'];
const COMMON_FIELDS = ['Type', 'Comment', 'QueryLanguage', 'Next', 'End', 'InputPath', 'OutputPath'];
const FIELDS_BY_TYPE: Record<StateType, readonly string[]> = {
  Task: ['Resource', 'TimeoutSeconds', 'Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'],
  Pass: ['Parameters', 'Result', 'ResultPath'],
  Wait: ['Seconds', 'SecondsPath'],
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

/**
 * Definitions found valid, as JSON: the validator compiles its schema anew each time, which is most
 * of a start.
 */
const valid = new Set<string>();

/**
 * Reads a definition in the Amazon States Language.
 *
 * @throws Error with the validator's message if it is not valid, or naming what is valid but not
 * emulated
 */
export function parseDefinition(machine: string, source: unknown): Definition {
  requireValid(machine, source);
  const { data, error } = definitionShape.safeParse(source);
  if (error !== undefined) throw new Error(`State machine ${machine}: ${z.prettifyError(error)}`);
  refuseUnknown(machine, data, MACHINE_FIELDS);
  requireJsonPath(machine, data);
  for (const [name, state] of Object.entries(data.States))
    requireEmulated(`${machine}, state ${name}`, state);
  return data;
}

function requireValid(machine: string, source: unknown): void {
  const text = JSON.stringify(source);
  if (valid.has(text)) return;
  try {
    // A copy, because the validator writes into what it is given.
    new StateMachine(JSON.parse(text) as StateMachineDefinition);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`State machine ${machine}: ${reason}`, { cause: error });
  }
  valid.add(text);
}

function requireEmulated(where: string, state: State): void {
  requireJsonPath(where, state);
  refuseUnknown(where, state, [...COMMON_FIELDS, ...FIELDS_BY_TYPE[state.Type]]);
  for (const retrier of recordsIn(state['Retry'])) refuseUnknown(`${where}, Retry`, retrier, RETRY_FIELDS);
  for (const catcher of recordsIn(state['Catch'])) refuseUnknown(`${where}, Catch`, catcher, CATCH_FIELDS);
  const text = JSON.stringify(state);
  // The engine drops every backslash of what this function returns: quotes in the data would break
  // the JSON.
  if (text.includes('States.JsonToString'))
    throw new Error(`State machine ${where}: States.JsonToString is not emulated`);
  if (text.includes('$$')) throw new Error(`State machine ${where}: the context object ($$) is not emulated`);
}

function requireJsonPath(where: string, node: object): void {
  const { QueryLanguage: language = 'JSONPath' } = z
    .looseObject({ QueryLanguage: z.string().optional() })
    .parse(node);
  if (language !== 'JSONPath')
    throw new Error(`State machine ${where}: query language ${language} is not emulated`);
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
