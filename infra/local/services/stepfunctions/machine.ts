import { LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { allStates, type Definition, parseDefinition, type State, type StateType } from './definition.ts';
import { scaledDefinition } from './scaled-definition.ts';
import { type Task, taskOf } from './tasks.ts';

/** A state machine of the template: its ASL parsed, intrinsics and DefinitionSubstitutions already resolved. */
export interface StateMachineDefinitionResource {
  readonly arn: string;
  readonly name: string;
  readonly definition: unknown;
  /** The role's logical id: names who calls, and is the access key id of the tasks' calls. */
  readonly caller: string;
}

/** A state machine ready to run. */
export interface Machine extends StateMachineDefinitionResource {
  readonly roleArn: string;
  /** The definition as the engine has to be given it. */
  readonly runnable: Definition;
  /** Every state as written, nested ones too, by name. */
  readonly states: ReadonlyMap<string, State>;
  readonly tasks: ReadonlyMap<string, Task>;
  readonly typeOf: (state: string) => StateType;
}

/** @throws Error when the definition is not valid ASL, or naming what of it is not emulated */
export function loadMachine(resource: StateMachineDefinitionResource, timeScale: number): Machine {
  const definition = parseDefinition(resource.name, resource.definition);
  const states = allStates(definition);
  const names = [...states.keys()];
  const named = <T>(what: string, make: () => T): T => {
    try {
      return make();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`State machine ${resource.name}${what}: ${reason}`, { cause: error });
    }
  };
  const tasks = [...states].filter(([, state]) => state.Type === 'Task');
  return {
    ...resource,
    roleArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${resource.caller}`,
    runnable: named('', () => scaledDefinition(definition, timeScale, name => names.indexOf(name))),
    states,
    tasks: new Map(tasks.map(([name, state]) => [name, named(`, state ${name}`, () => taskOf(state))])),
    typeOf: name => states.get(name)?.Type ?? 'Pass',
  };
}
