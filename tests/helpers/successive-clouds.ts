import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Permissions } from '../../infra/local/kernel/permissions/permissions.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from './assembly.ts';
import { startWarmEnvironment } from './warm-functions.ts';

export interface SuccessiveCloudOptions extends LocalCloudOptions {
  /**
   * Decides every question about permissions again, so that `permissions.decisions` are those of
   * this cloud alone.
   *
   * @default false
   */
  readonly decidesAnew?: boolean;
}

type Ports = Required<NonNullable<LocalCloudOptions['ports']>>;

/**
 * Below the ports that systems give to outgoing connections, which would take them between two
 * clouds.
 */
const PORTS = { first: 20_000, count: 10_000 };

/** Addresses of clouds that have stopped. */
const free: Ports[] = [];
/** What was decided about permissions, by the templates that say so. */
const decided = new Map<string, Permissions>();

/**
 * A local cloud that takes over what is costly to make from the clouds before it in this test
 * worker: their addresses, and with these their function processes; their decisions about
 * permissions. Nothing that a test can see is shared.
 */
export async function startSuccessiveCloud({
  decidesAnew = false,
  moreStacks = [],
  ...first
}: SuccessiveCloudOptions): Promise<LocalCloud> {
  const options = {
    assemblyDirectory: ASSEMBLY,
    ...first,
    moreStacks: moreStacks.map(stack => ({ assemblyDirectory: ASSEMBLY, ...stack })),
  };
  const templates = templatesOf(options);
  const permissions = decidesAnew ? undefined : decided.get(templates);
  const { cloud, ports } = await startAtFreePorts({
    startEnvironment: startWarmEnvironment,
    ...(permissions === undefined ? {} : { permissions }),
    ...options,
  });
  if (!decidesAnew) decided.set(templates, cloud.permissions);
  let isStopped = false;
  return {
    ...cloud,
    async stop() {
      await cloud.stop();
      if (!isStopped) free.push(ports);
      isStopped = true;
    },
  };
}

async function startAtFreePorts(options: LocalCloudOptions) {
  for (;;) {
    const ports = free.pop() ?? somePorts();
    try {
      return { cloud: await startLocalCloud({ ports, ...options }), ports };
    } catch (error) {
      if (isPortTaken(error)) continue;
      free.push(ports);
      throw error;
    }
  }
}

function somePorts(): Ports {
  const any = () => PORTS.first + Math.floor(Math.random() * PORTS.count);
  return { site: any(), api: any(), inbox: any(), login: 0, aws: any() };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /^Port \d+ is taken/.test(error.message);
}

function templatesOf({ moreStacks = [], ...first }: LocalCloudOptions): string {
  const templates = [first, ...moreStacks].map(
    ({ assemblyDirectory = ASSEMBLY, stackName = 'StudentSite' }) =>
      readFileSync(join(assemblyDirectory, `${stackName}.template.json`), 'utf8'),
  );
  return templates.join('\n');
}
