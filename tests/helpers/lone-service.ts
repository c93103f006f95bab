import { onTestFinished } from 'vitest';
import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { openDurableStore } from '../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import type { Permissions } from '../../infra/local/kernel/permissions/permissions.ts';
import type { Service } from '../../infra/local/kernel/service.ts';
import { actionOf } from '../../infra/local/services.ts';
import { accountOf } from '../../infra/local/template/account.ts';
import type { Resource } from '../../infra/local/template/resource.ts';
import { STARTED_ONCE } from './described-stacks.ts';
import { clientFor } from './sdk-client.ts';

interface LoneService<Definitions, Options> {
  readonly definitions: Definitions;
  readonly options: Options;
  /** Of the account, with what they permit. */
  readonly resources: readonly Resource[];
  readonly permissions: Permissions;
}

/**
 * One service of the local cloud without any other, until the test ends.
 *
 * @returns settings of an SDK client, by access key and region
 */
export async function startLoneService<Definitions, Options>(
  service: Service<Definitions, Options>,
  { definitions, options, resources, permissions }: LoneService<Definitions, Options>,
) {
  const [journal, store, services] = [createJournal(), openDurableStore(), new Map<string, AwsService>()];
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  const running = await service.start(definitions, {
    options,
    callAws: endpoint.call,
    endpoint: endpoint.url,
    localUrls: {},
    timeScale: 1,
    account: () => accountOf([{ name: 'Test', id: 'Test', resources, outputs: {}, assets: new Map() }]),
    folder: () => undefined,
    use(capability) {
      throw new Error(`${service.name} uses no ${capability.name}`);
    },
    journal,
    store,
    permissions,
    ...STARTED_ONCE,
  });
  for (const [name, handle] of Object.entries(running.apis ?? {}))
    services.set(name, permissions.guard(handle));
  onTestFinished(async () => {
    await endpoint.stop();
    await running.stop?.();
    store.close();
  });
  return (accessKeyId: string, region = 'us-east-1') => ({
    ...clientFor(endpoint.url),
    region,
    credentials: { accessKeyId, secretAccessKey: 'local' },
  });
}
