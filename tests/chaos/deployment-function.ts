import type { ExecutionEnvironment } from '../../infra/local/services/lambda/execution-environment.ts';
import type { FunctionDefinition } from '../../infra/local/services/lambda/function-definition.ts';

/** Before a simulation takes its place. */
const realFetch = globalThis.fetch;

/** Whether only a deployment calls a function. Deployments are over before a simulation begins. */
export const isOfDeployment = ({ name }: FunctionDefinition) => /SesSendersRegister|SiteFind/.test(name);

/**
 * Stands in for the functions that register the sender and find out how the distribution shows the
 * bucket: it answers as they do, and does nothing else.
 */
export function startDeploymentFunction({ name }: FunctionDefinition): ExecutionEnvironment {
  return {
    functionName: name,
    exited: Promise.resolve(),
    alive: true,
    async run(_, payload) {
      const { ResponseURL } = JSON.parse(payload) as { readonly ResponseURL: string };
      const Data = { State: 'SES sends', Summary: 'It shows the bucket' };
      const answer = { Status: 'SUCCESS', PhysicalResourceId: name, Data };
      await realFetch(ResponseURL, { method: 'PUT', body: JSON.stringify(answer) });
      return { kind: 'success', payload: 'null' };
    },
    kill: () => undefined,
  };
}
