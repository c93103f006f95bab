import type { ExecutionEnvironment } from '../../infra/local/services/lambda/execution-environment.ts';
import type { FunctionDefinition } from '../../infra/local/services/lambda/function-definition.ts';

/** Before a simulation takes its place. */
const realFetch = globalThis.fetch;

/** Whether only a deployment calls a function. Deployments are over before a simulation begins. */
export const isOfDeployment = ({ name }: FunctionDefinition) => name.includes('SesSendersRegister');

/** Stands in for the function that registers the sender: it says that SES sends from it. */
export function startDeploymentFunction({ name }: FunctionDefinition): ExecutionEnvironment {
  return {
    functionName: name,
    exited: Promise.resolve(),
    alive: true,
    async run(_, payload) {
      const { ResponseURL } = JSON.parse(payload) as { readonly ResponseURL: string };
      const answer = { Status: 'SUCCESS', PhysicalResourceId: name, Data: { State: 'SES sends' } };
      await realFetch(ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
      return { kind: 'success', payload: 'null' };
    },
    kill: () => undefined,
  };
}
