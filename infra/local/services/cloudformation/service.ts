import type { Service } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import { withTexts } from '../../template/template.ts';
import { functionsOf } from '../lambda/definitions.ts';
import type { StartEnvironment } from '../lambda/execution-environment.ts';
import { createFunctionPool } from '../lambda/function-pool.ts';
import { createCloudFormation } from './cloudformation.ts';
import { deployCustomResources } from './custom-resources.ts';

interface Options {
  readonly startEnvironment?: StartEnvironment;
}

/**
 * Deploys the custom resources, and describes the stacks. The functions of custom resources run in
 * a pool of its own: Lambda starts later, because what other functions are told may depend on their
 * answers.
 */
export const cloudformation: Service<Account, Options> = {
  name: 'cloudformation',
  types: {},
  parse: account => account,
  async start(account, cloud) {
    const { options, endpoint, localUrls, journal, store, timeScale } = cloud;
    const pool = createFunctionPool({
      functions: functionsOf(account),
      endpoint,
      localUrls,
      journal,
      timeScale,
      startEnvironment: options.startEnvironment,
    });
    const resolve = await deployCustomResources(account.stacks, { store, invoke: pool.invoke }).finally(
      pool.stop,
    );
    return {
      apis: { cloudformation: createCloudFormation(() => cloud.account().stacks, new Date()) },
      complete: stack => withTexts(stack, resolve),
    };
  },
};
