import { LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { type Definition, parseDefinition, type State } from './definition.ts';
import { engineDefinition } from './engine-definition.ts';
import { type Task, taskOf } from './tasks.ts';

/** A state machine of the template, with DefinitionSubstitutions already resolved. */
export interface StateMachineDefinitionResource {
  readonly arn: string;
  readonly name: string;
  readonly definition: unknown;
  /** The role's name: the access key id of the tasks' calls. */
  readonly caller: string;
}

/** A state machine ready to run. */
export interface Machine extends StateMachineDefinitionResource {
  readonly roleArn: string;
  /** The definition in the form that the engine needs. */
  readonly runnable: Definition;
  /** Every state as written, by name. */
  readonly states: ReadonlyMap<string, State>;
  readonly tasks: ReadonlyMap<string, Task>;
}

/** @throws Error if the definition is not valid, or naming each part that is not emulated */
export function loadMachine(resource: StateMachineDefinitionResource, timeScale: number): Machine {
  const definition = parseDefinition(resource.name, resource.definition);
  const states = Object.entries(definition.States);
  const tasks = states
    .filter(([, state]) => state.Type === 'Task')
    .map(([name, state]) => [name, taskNamed(`${resource.name}, state ${name}`, state)] as const);
  return {
    ...resource,
    roleArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${resource.caller}`,
    runnable: engineDefinition(definition, timeScale),
    states: new Map(states),
    tasks: new Map(tasks),
  };
}

function taskNamed(where: string, state: State): Task {
  try {
    return taskOf(state);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`State machine ${where}: ${reason}`, { cause: error });
  }
}
