import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ApiTraits } from '../../kernel/api-traits.ts';
import { fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { jsonRefusal } from '../../kernel/permissions/refusal.ts';
import type { Service } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import type { ResourceTypes } from '../../template/resource.ts';
import { publishEvent } from '../events/service.ts';
import { invocationOf } from '../lambda/permissions.ts';
import { invokeFunction } from '../lambda/service.ts';
import type { StateMachineDefinitionResource } from './machine.ts';
import { createStepFunctions } from './step-functions.ts';

const types: ResourceTypes = {
  'AWS::StepFunctions::StateMachine': {
    identity: ({ named }) => {
      const name = named('StateMachineName');
      const ref = arnOf('states', `stateMachine:${name}`);
      return { ref, attributes: { Arn: ref, Name: name } };
    },
    emulated: [
      'DefinitionS3Location',
      'DefinitionSubstitutions',
      'RoleArn',
      'StateMachineName',
      'StateMachineType',
    ],
    accepted: ['LoggingConfiguration', 'TracingConfiguration'],
  },
};

const api: ApiTraits = {
  requirementsOf({ body }, action) {
    const fields = fieldsOf<{ stateMachineArn: string; executionArn: string }>(body);
    const resource = fields.stateMachineArn ?? fields.executionArn;
    return resource === undefined ? undefined : [{ action: `states:${action}`, resource }];
  },
  refuse: denial => jsonRefusal(denial, '1.0', 400),
};

export const stepfunctions: Service<readonly StateMachineDefinitionResource[]> = {
  name: 'stepfunctions',
  types,
  apis: { states: api },
  needs: [invokeFunction, publishEvent],
  access: account => ({
    // Step Functions invents a session name for each execution. Here it is the machine's name.
    sessionNames: account
      .all('AWS::StepFunctions::StateMachine')
      .map(({ ref, attributes, properties }) => [String(properties['RoleArn']), attributes['Name'] ?? ref]),
  }),
  parse,
  async start(machines, { permissions, endpoint, store, journal, timeScale, use }) {
    for (const { arn, caller } of machines)
      await permissions.requireTrust(caller, 'states.amazonaws.com', arn);
    const invoke = use(invokeFunction);
    const stepFunctions = createStepFunctions({
      machines,
      async invokeFunction(name, payload, caller) {
        await permissions.require(caller, invocationOf(name));
        return invoke(name, payload);
      },
      endpoint,
      publish: use(publishEvent),
      store,
      journal,
      timeScale,
    });
    return {
      apis: { states: stepFunctions.api },
      removes: { 'AWS::StepFunctions::StateMachine': ({ ref }) => stepFunctions.forget(ref) },
      begin: () => void stepFunctions.resume(),
      stop: stepFunctions.stop,
    };
  },
};

const StateMachine = z.object({
  RoleArn: z.string(),
  StateMachineType: z.literal('STANDARD', 'Only standard workflows are emulated').default('STANDARD'),
  DefinitionS3Location: z.object({ Key: z.string() }),
  DefinitionSubstitutions: z.record(z.string(), z.string()).default({}),
});

function parse(account: Account): StateMachineDefinitionResource[] {
  return account.all('AWS::StepFunctions::StateMachine').map(({ ref, attributes, properties }) => {
    const machine = StateMachine.parse(properties);
    const text = readFileSync(account.assetPath(machine.DefinitionS3Location.Key), 'utf8');
    return {
      arn: ref,
      name: attributes['Name'] ?? '',
      caller: account.callerOf(machine.RoleArn),
      definition: JSON.parse(substituted(text, machine.DefinitionSubstitutions)),
    };
  });
}

function substituted(text: string, substitutions: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) => substitutions[name] ?? placeholder);
}
