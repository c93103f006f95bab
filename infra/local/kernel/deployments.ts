import type { LoadedStack } from '../template/template.ts';
import type { Cloud, Deployments, Lasting, Stop } from './service.ts';
import type { RunningServices } from './start-services.ts';

export interface DeploymentsOptions<Running> {
  readonly resolve: Deployments['resolve'];
  /**
   * Starts every service.
   *
   * @param kept what services get from their deployments
   * @param onStarted receives what stops a part of what has started
   */
  start(
    stacks: readonly LoadedStack[],
    kept: Pick<Cloud, 'lasting' | 'deployments'>,
    onStarted: (stop: Stop) => void,
  ): Promise<Running>;
}

export function createDeployments<Running extends RunningServices>({
  resolve,
  start,
}: DeploymentsOptions<Running>) {
  const stops: Stop[] = [];
  const lasting = new Map<string, Lasting | Promise<Lasting>>();
  let running: Running | undefined;
  let deployed: readonly LoadedStack[] = [];
  let operations = Promise.resolve();

  const stopServices = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  const kept: Pick<Cloud, 'lasting' | 'deployments'> = {
    lasting<Part extends Lasting | Promise<Lasting>>(name: string, make: () => Part): Part {
      const made = lasting.get(name) ?? make();
      lasting.set(name, made);
      return made as Part;
    },
    get deployments() {
      return deployments;
    },
  };
  const current = () => {
    if (running === undefined) throw new Error('Nothing has been deployed yet');
    return running;
  };
  const deployments = {
    resolve,
    running: current,
    stacks: () => deployed,
    remove: resource => current().remove(resource),
    async deploy(stacks) {
      await stopServices();
      try {
        running = await start(stacks, kept, stop => stops.push(stop));
        deployed = stacks;
      } catch (error) {
        await stopServices();
        throw error;
      }
    },
    perform(operation) {
      operations = operations.then(operation);
    },
    async stop() {
      await operations;
      await stopServices();
      for (const part of [...lasting.values()].reverse()) await (await part).stop();
    },
  } satisfies Deployments & { running(): Running; stop(): Promise<void> };
  return deployments;
}
