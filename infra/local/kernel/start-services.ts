import { type Account, accountOf } from '../template/account.ts';
import type { Resource } from '../template/resource.ts';
import type { LoadedStack } from '../template/template.ts';
import type { AwsService } from './aws-api.ts';
import type { NamedCapability } from './capability.ts';
import type { PublicServers } from './public-servers.ts';
import type { Cloud, Running, Service, Stop } from './service.ts';

export interface ServicesOptions<Options> {
  readonly services: readonly Service<unknown, Options>[];
  readonly stacks: readonly LoadedStack[];
  /** Everything that a service is started with, but what depends on the other services. */
  readonly cloud: Omit<Cloud<Options>, 'account' | 'use'>;
  /** Handlers by signing name, to which every service adds its own. */
  readonly apis: Map<string, AwsService>;
  readonly servers: PublicServers;
  /** Receives what stops a part of what has started; to be called in reverse order. */
  readonly onStarted: (stop: Stop) => void;
}

export interface RunningServices {
  /** The stacks with everything known. */
  readonly account: Account;
  readonly use: Cloud['use'];
  /** Removes what services keep of a resource that no stack has any more. */
  remove(resource: Resource): Promise<void>;
  /** What resources ask for without effect, beside properties. */
  readonly notEmulated: readonly string[];
}

/**
 * Starts services in order, then has all of them begin.
 *
 * @throws Error naming what of the template is not emulated, or a capability that no service offers
 */
export async function startServices<Options>(options: ServicesOptions<Options>): Promise<RunningServices> {
  const { services, cloud, apis, servers, onStarted } = options;
  // Stands for this cloud where capabilities are offered and used.
  const identity = {};
  const offered = new Set<NamedCapability>();
  const running: Running[] = [];
  let account = accountOf(options.stacks);

  const cloudFor = ({ name, needs = [] }: Service<unknown, Options>): Cloud<Options> => ({
    ...cloud,
    account: () => account,
    use(capability) {
      if (!needs.includes(capability))
        throw new Error(`${name} does not declare that it needs ${capability.name}`);
      return capability.in(identity);
    },
  });
  const register = (started: Running) => {
    running.push(started);
    if (started.stop !== undefined) onStarted(started.stop);
    for (const [name, handle] of Object.entries(started.apis ?? {}))
      apis.set(name, cloud.permissions.guard(handle));
    for (const offer of started.offers ?? []) {
      offer.provideTo(identity);
      offered.add(offer.capability);
    }
    if (started.complete === undefined) return;
    const completed = account.stacks.map(stack => started.complete?.(stack) ?? stack);
    account = accountOf(completed.map(servers.withLocalUrls));
  };

  for (const service of services) register(await service.start(service.parse(account), cloudFor(service)));
  for (const { name, needs = [] } of services) requireOffered(name, needs, offered);
  for (const { serves = {} } of running)
    for (const [type, listenerOf] of Object.entries(serves)) servers.serve(type, listenerOf);
  for (const { begin } of running) {
    const end = await begin?.();
    if (end !== undefined) onStarted(end);
  }
  return {
    account,
    use: capability => capability.in(identity),
    async remove(resource) {
      for (const { removes = {} } of running) await removes[resource.type]?.(resource);
    },
    notEmulated: running.flatMap(({ notEmulated = [] }) => notEmulated),
  };
}

function requireOffered(
  service: string,
  needs: readonly NamedCapability[],
  offered: ReadonlySet<NamedCapability>,
): void {
  const missing = needs.find(capability => !offered.has(capability));
  if (missing !== undefined) throw new Error(`${service} needs ${missing.name}, which no service offers`);
}
