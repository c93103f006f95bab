import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import { withTexts } from '../../template/template.ts';
import { functionsOf } from '../lambda/definitions.ts';
import type { StartEnvironment } from '../lambda/execution-environment.ts';
import { createFunctionPool } from '../lambda/function-pool.ts';
import { invokeFunction } from '../lambda/service.ts';
import { createCloudFormation } from './cloudformation.ts';
import { createCustomResources } from './custom-resources.ts';
import { createStackOperations, endCutOperations } from './stack-operations.ts';
import { createStackRecords } from './stack-records.ts';

interface Options {
  readonly startEnvironment?: StartEnvironment;
}

/**
 * Deploys the custom resources, describes the stacks, and makes and removes those of change sets.
 * The functions of custom resources run in a pool of its own: Lambda starts later, because what
 * other functions are told may depend on their answers.
 */
export const cloudformation: Service<Account, Options> = {
  name: 'cloudformation',
  types: {},
  needs: [invokeFunction],
  parse: account => account,
  async start(account, cloud) {
    const { options, endpoint, localUrls, journal, store, timeScale, callAws, deployments } = cloud;
    const pool = createFunctionPool({
      functions: functionsOf(account),
      endpoint,
      localUrls,
      journal,
      timeScale,
      startEnvironment: options.startEnvironment,
    });
    const resolve = await createCustomResources({ store, invoke: pool.invoke })
      .deploy(account.stacks)
      .finally(pool.stop);
    const records = createStackRecords(store);
    const customResources = createCustomResources({ store, invoke: cloud.use(invokeFunction) });
    const { folder } = cloud.lasting('cloudformation', () => {
      endCutOperations(records);
      return assetFolder(cloud.folder('stack-assets'));
    });
    const changing = { records, deployments, callAws, folder, customResources };
    const operations = createStackOperations(changing);
    const stacks = () => cloud.account().stacks;
    const api = createCloudFormation({ stacks, createdAt: new Date(), records, operations, callAws });
    return {
      apis: { cloudformation: api },
      complete: stack => withTexts(stack, resolve),
    };
  },
};

/** @param kept absent: a folder that goes with the local cloud */
function assetFolder(kept: string | undefined) {
  if (kept !== undefined) return { folder: kept, stop: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'stack-assets-'));
  return { folder, stop: () => rmSync(folder, { recursive: true, force: true }) };
}
