import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AwsService } from './kernel/aws-api.ts';
import { type Interceptor, startAwsEndpoint } from './kernel/aws-endpoint.ts';
import { createDeployments } from './kernel/deployments.ts';
import { openDurableStore } from './kernel/durable-map.ts';
import { createJournal, type Journal } from './kernel/journal.ts';
import {
  createPermissions,
  type Permissions,
  type PermissionsOptions,
} from './kernel/permissions/permissions.ts';
import { openPublicServers, type PublicServers } from './kernel/public-servers.ts';
import type { Stop } from './kernel/service.ts';
import { type RunningServices, startServices } from './kernel/start-services.ts';
import { publishFile } from './services/cdk/service.ts';
import { keptStacks } from './services/cloudformation/stack-records.ts';
import type { ViewerRequest, ViewerResponse } from './services/cloudfront/messages.ts';
import { viewDistribution } from './services/cloudfront/service.ts';
import { passMinute } from './services/cloudwatch/service.ts';
import { crashFunctions } from './services/lambda/service.ts';
import type { ReceivedMail } from './services/ses/mail-inbox.ts';
import { inboxUrl, receivedMails } from './services/ses/service.ts';
import { actionOf, RESOURCE_TYPES, SERVICES, type ServiceOptions } from './services.ts';
import { type Account, accountOf } from './template/account.ts';
import { checkProperties } from './template/properties.ts';
import { loadStack, resolveStack } from './template/template.ts';

/** A stack in a CDK assembly. */
export interface StackLocation {
  /** @default cdk.out of the project */
  readonly assemblyDirectory?: string;
  /** @default StudentSite */
  readonly stackName?: string;
}

export interface LocalCloudOptions extends StackLocation, ServiceOptions, PermissionsOptions {
  /**
   * More stacks of the same account, deployed after the first. They may name what earlier ones
   * made.
   */
  readonly moreStacks?: readonly StackLocation[];
  /** Where state is kept between starts; without one, nothing is. */
  readonly stateDirectory?: string;
  /** 0: any free port. @default all 0 */
  readonly ports?: NonNullable<ServiceOptions['ports']> & { readonly aws?: number };
  /**
   * Real seconds per AWS second of waits, pauses and visibility time-outs; 1 is real time.
   *
   * @default 1
   */
  readonly timeScale?: number;
  /**
   * Permissions of an earlier start from the same assembly: what they have decided need not be
   * decided again.
   */
  readonly permissions?: Permissions;
}

export interface LocalCloud {
  /** Outputs of the first stack. */
  readonly outputs: Readonly<Record<string, string>>;
  outputsOf(stackName: string): Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly siteUrl: string;
  readonly inboxUrl: string;
  readonly journal: Journal;
  readonly permissions: Permissions;
  /** What the template asks for and the local cloud accepts without effect. */
  readonly notEmulated: readonly string[];
  intercept(interceptor: Interceptor): () => void;
  /** Kills the processes of the functions that have this role, by its name, as failing hosts do. */
  crashFunctions(role: string): void;
  /** An AWS call made in this process, without a connection between. */
  readonly callAws: AwsService;
  /** A viewer's GET through one point of presence. @param distributionId default: the first */
  view(path: string, pop?: string, distributionId?: string): Promise<ViewerResponse>;
  /** Any request of a viewer. */
  request(request: ViewerRequest, pop?: string, distributionId?: string): Promise<ViewerResponse>;
  /** Lets a minute of CloudWatch's time pass, if alarms are evaluated by hand. */
  passMinute(): void;
  mails(): readonly ReceivedMail[];
  /** Uploads a file of the page with the headers of its deployment; without content, removes it. */
  publish(file: string, content: Buffer | undefined): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULTS = {
  assemblyDirectory: join(import.meta.dirname, '../../cdk.out'),
  stackName: 'StudentSite',
  timeScale: 1,
};

/**
 * Starts the whole system on this machine from the synthesised template: what deploys is what runs.
 *
 * @throws Error naming what of the template is not emulated, or the port that is taken
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const started: Stop[] = [];
  const stop = async () => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    const cloud = await start({ ...DEFAULTS, ...options }, stopPart => started.push(stopPart));
    return { ...cloud, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Settings = LocalCloudOptions & typeof DEFAULTS;

async function start(settings: Settings, onStarted: (stop: Stop) => void): Promise<Omit<LocalCloud, 'stop'>> {
  const { stateDirectory, timeScale, ports = {} } = settings;
  if (stateDirectory !== undefined) mkdirSync(stateDirectory, { recursive: true });
  const folder = (name: string) => (stateDirectory === undefined ? undefined : join(stateDirectory, name));
  const store = openDurableStore(folder('services.sqlite'));
  onStarted(store.close);
  const journal = createJournal();
  const apis = new Map<string, AwsService>();
  const endpoint = await startAwsEndpoint({ port: ports.aws ?? 0, services: apis, journal, actionOf });
  onStarted(endpoint.stop);

  const loaded = [settings, ...(settings.moreStacks ?? [])].map(location =>
    loadStack({ ...DEFAULTS, ...location, endpoint: endpoint.url, types: RESOURCE_TYPES }),
  );
  const { resources } = accountOf(loaded);
  const servers = await openPublicServers(resources, RESOURCE_TYPES, { ...ports }, onStarted);
  const base = { options: settings, callAws: endpoint.call, endpoint: endpoint.url, journal, store };
  const surroundings = { ...base, localUrls: servers.localUrls, timeScale, folder };
  let { permissions: decided } = settings;
  const resolving = { endpoint: endpoint.url, types: RESOURCE_TYPES };
  const deployments = createDeployments({
    resolve: (text, options) => resolveStack(text, { ...resolving, ...options }),
    async start(deployed, kept, onPartStarted) {
      const accepted = checkProperties(accountOf(deployed).resources, RESOURCE_TYPES);
      const stacks = deployed.map(servers.withLocalUrls);
      const permissions = decided ?? createPermissions(accountOf(stacks), SERVICES, settings);
      decided = undefined;
      const cloud = { ...surroundings, ...kept, permissions };
      const started = { services: SERVICES, stacks, cloud, apis, servers, onStarted: onPartStarted };
      const services = await startServices(started);
      return { ...services, permissions, notEmulated: [...accepted, ...services.notEmulated] };
    },
  });
  onStarted(deployments.stop);
  await deployments.deploy([...loaded, ...keptStacks(store, deployments.resolve)]);
  return {
    ...base,
    ...openCloud(deployments.running, servers, settings.stackName),
    intercept: endpoint.intercept,
  };
}

type Running = RunningServices & Pick<LocalCloud, 'permissions' | 'notEmulated'>;

/** @param running what runs now: a deployment replaces it */
function openCloud(running: () => Running, servers: PublicServers, firstStackName: string) {
  const { account } = running();
  const outputsOf = (stackName: string) => {
    const stack = running().account.stacks.find(({ name }) => name === stackName);
    if (stack === undefined) throw new Error(`There is no stack ${stackName}`);
    return stack.outputs;
  };
  return {
    outputsOf,
    outputs: outputsOf(firstStackName),
    ...viewersOf(account, running, servers),
    get permissions() {
      return running().permissions;
    },
    notEmulated: running().notEmulated,
    inboxUrl: running().use(inboxUrl)(),
    passMinute: () => running().use(passMinute)(),
    mails: () => running().use(receivedMails)(),
    crashFunctions: role => running().use(crashFunctions)(role),
    publish: (file, content) => running().use(publishFile)(file, content),
  } satisfies Partial<LocalCloud>;
}

function viewersOf(
  account: Account,
  running: () => Running,
  servers: PublicServers,
): Pick<LocalCloud, 'siteUrl' | 'request' | 'view'> {
  const [site] = account.all('AWS::CloudFront::Distribution');
  if (site === undefined) throw new Error('No template has a distribution');
  const request: LocalCloud['request'] = (viewerRequest, pop, distributionId = site.ref) =>
    running().use(viewDistribution)(distributionId, viewerRequest, pop);
  return {
    siteUrl: servers.urlOf(site.ref),
    request,
    view: (url, pop, distributionId) =>
      request(
        { method: 'GET', url, headers: { host: '127.0.0.1' }, body: Buffer.alloc(0) },
        pop,
        distributionId,
      ),
  };
}
