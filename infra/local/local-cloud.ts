import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createCloudWatch } from './alarms/cloudwatch.ts';
import { createApiGateway } from './api-gateway/api-gateway.ts';
import type { AwsService } from './aws-api.ts';
import { close, type Interceptor, listen, startAwsEndpoint } from './aws-endpoint.ts';
import { createCloudFormation } from './cloudformation.ts';
import { createCloudFront } from './cloudfront/cloudfront.ts';
import type { ViewerRequest, ViewerResponse } from './cloudfront/messages.ts';
import { createPublisher, publishDeployments } from './deployments.ts';
import { openDurableStore } from './durable-map.ts';
import { startDynamoDb } from './dynamodb.ts';
import { checkProperties } from './emulated-properties.ts';
import { createJournal, type Journal } from './journal.ts';
import { startEventSourceMapping } from './lambda/event-source-mapping.ts';
import { functionArn, type StartEnvironment } from './lambda/execution-environment.ts';
import { createFunctionPool } from './lambda/function-pool.ts';
import { type ReceivedMail, startMailInbox } from './mail-inbox.ts';
import { createPermissions, type Permissions } from './permissions/permissions.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';
import { distributionDomain, restApiDomain } from './resource-identity.ts';
import { type EventDelivery, withEvents } from './s3-events.ts';
import { createS3Origin } from './s3-origin.ts';
import { startSchedules } from './schedules.ts';
import { createSecrets, withSecrets } from './secrets.ts';
import { partsOf, type StackParts } from './stack-parts.ts';
import { createStepFunctions } from './step-functions/step-functions.ts';
import { loadStack } from './template.ts';

export interface LocalCloudOptions {
  /** A CDK assembly. @default cdk.out of the project */
  readonly assemblyDirectory?: string;
  /** @default StudentSite */
  readonly stackName?: string;
  /** Where state is kept between starts; without one nothing is. */
  readonly stateDirectory?: string;
  /** 0: any free port. @default all 0 */
  readonly ports?: {
    readonly site?: number;
    readonly api?: number;
    readonly inbox?: number;
    readonly aws?: number;
  };
  /** Real seconds per AWS second of waits, pauses and visibility time-outs; 1 is real time. @default 1 */
  readonly timeScale?: number;
  /** From CreateInvalidation to `Completed`, real time; null: never. @default 3,000 ms × timeScale */
  readonly invalidationDelayMs?: number | (() => number | null);
  /** Each has a cache of its own. @default one */
  readonly pointsOfPresence?: readonly string[];
  /** Uploads the page as a deployment does. @default true */
  readonly deployWebsite?: boolean;
  /** Evaluates the template's alarms, and mails them. @default true */
  readonly alarms?: boolean;
  /** How S3 events travel. @default each once, at once */
  readonly deliverEvent?: EventDelivery;
  /** Where functions run. @default each in a process of its own */
  readonly startEnvironment?: StartEnvironment;
  /** Of an earlier start from the same assembly: what is decided already need not be decided again. */
  readonly permissions?: Permissions;
}

export interface LocalCloud {
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly siteUrl: string;
  readonly inboxUrl: string;
  readonly journal: Journal;
  readonly permissions: Permissions;
  /** What the template asks for and the local cloud accepts without an effect. */
  readonly notEmulated: readonly string[];
  intercept(interceptor: Interceptor): () => void;
  /** Kills the processes of the functions that have this role, by its logical id, as failing hosts do. */
  crashFunctions(role: string): void;
  /** An AWS call made in this process, without a connection between. */
  readonly callAws: AwsService;
  /** A viewer's GET through one point of presence. */
  view(path: string, pop?: string): Promise<ViewerResponse>;
  /** Any request of a viewer. */
  request(request: ViewerRequest, pop?: string): Promise<ViewerResponse>;
  mails(): readonly ReceivedMail[];
  /** Uploads a file of the page with the headers of its deployment; without content, removes it. */
  publish(file: string, content: Buffer | undefined): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULTS = {
  assemblyDirectory: join(import.meta.dirname, '../../cdk.out'),
  stackName: 'StudentSite',
  timeScale: 1,
  deployWebsite: true,
  alarms: true,
};

/** Whatever was started, to be stopped in reverse order. */
type Started = (() => Promise<void> | void)[];

/**
 * Starts the whole system on this machine from the synthesised template: what deploys is what runs.
 *
 * @throws Error naming what of the template is not emulated, or the port that is taken
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const started: Started = [];
  const stop = async () => {
    for (const stopPart of started.splice(0).reverse()) await stopPart();
  };
  try {
    return { ...(await start({ ...DEFAULTS, ...options }, started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Settings = LocalCloudOptions & Required<Pick<LocalCloudOptions, keyof typeof DEFAULTS>>;

async function start(settings: Settings, started: Started): Promise<Omit<LocalCloud, 'stop'>> {
  const { stateDirectory, timeScale, ports = {} } = settings;
  const directory = (name: string) => (stateDirectory === undefined ? undefined : join(stateDirectory, name));
  if (stateDirectory !== undefined) mkdirSync(stateDirectory, { recursive: true });
  const store = openDurableStore(directory('services.sqlite'));
  started.push(() => store.close());
  const journal = createJournal();

  const services = new Map<string, AwsService>();
  const endpoint = await startAwsEndpoint({ port: ports.aws ?? 0, services, journal });
  started.push(endpoint.stop);
  const site = createServer();
  const siteUrl = `http://127.0.0.1:${await listen(site, ports.site ?? 0, '--site-port')}`;
  started.push(() => close(site));
  const api = createServer();
  const apiUrl = `http://127.0.0.1:${await listen(api, ports.api ?? 0, '--api-port')}`;
  started.push(() => close(api));

  const template = loadStack({
    assemblyDirectory: settings.assemblyDirectory,
    stackName: settings.stackName,
    endpoint: endpoint.url,
    localUrls: ({ logicalId, type }): Record<string, string> => {
      if (type === 'AWS::CloudFront::Distribution')
        return { [`https://${distributionDomain(logicalId)}`]: siteUrl };
      return type === 'AWS::ApiGateway::RestApi' ? { [`https://${restApiDomain(logicalId)}`]: apiUrl } : {};
    },
  });
  const secrets = createSecrets(template, store);
  const stack = withSecrets(template, secrets);
  const accepted = checkProperties(stack.resources);
  const parts = partsOf(stack);
  const permissions = settings.permissions ?? createPermissions(stack.resources);

  const storage = await startQueuesAndBuckets(directory('queues-and-buckets'));
  started.push(storage.stop);
  for (const queue of parts.queues) storage.ensureQueue(queue.name, queue.url, queue.attributes);
  for (const bucket of parts.buckets) storage.ensureBucket(bucket);
  const s3 = withEvents({
    s3: storage.s3,
    notifications: parts.notifications,
    callAws: endpoint.call,
    journal,
    deliver: settings.deliverEvent,
  });
  started.push(s3.stop);
  const dynamoDb = await startDynamoDb(directory('dynamodb'));
  started.push(dynamoDb.stop);
  for (const table of parts.tables) await dynamoDb.ensureTable(table.name, table.properties);
  const inbox = await startMailInbox({ port: ports.inbox ?? 0, identities: parts.senders, store, journal });
  started.push(inbox.stop);

  const functions = createFunctionPool({
    functions: parts.functions,
    endpoint: () => endpoint.url,
    journal,
    timeScale,
    startEnvironment: settings.startEnvironment,
  });
  started.push(functions.stop);
  const apiGateway = createApiGateway({
    definition: parts.apiGateway,
    invokeFunction: functions.invoke,
    mayInvoke: permissions.mayInvoke,
    store,
    onAnswered: answered => journal.record({ kind: 'request', ...answered }),
  });
  const [restApi] = parts.apiGateway.apis;
  if (restApi === undefined) throw new Error('The template has no API');
  api.on('request', apiGateway.listener(restApi.id));

  const fetchBucket = createS3Origin(endpoint.call);
  const { pointsOfPresence, invalidationDelayMs = 3000 * timeScale } = settings;
  const cloudFront = createCloudFront({
    ...parts.distributionParts,
    distributions: parts.distributions,
    fetchOrigin: request => apiGateway.fetchOrigin(request) ?? fetchBucket(request),
    store,
    journal,
    invalidationDelayMs,
    ...(pointsOfPresence === undefined ? {} : { pointsOfPresence }),
  });
  started.push(cloudFront.stop);
  const [distribution] = parts.distributions;
  if (distribution === undefined) throw new Error('The template has no distribution');
  site.on('request', cloudFront.listener(distribution.id));

  const stepFunctions = createStepFunctions({
    machines: parts.stateMachines,
    async invokeFunction(name, payload, caller) {
      await permissions.requireInvocation(caller, name);
      return functions.invoke(name, payload);
    },
    endpoint: () => endpoint.url,
    store,
    journal,
    timeScale,
  });
  started.push(stepFunctions.stop);

  const cloudWatch = createCloudWatch({
    ...parts.watch,
    callAws: endpoint.call,
    measureQueue: storage.measureQueue,
    journal,
    store,
    timeScale,
  });
  started.push(cloudWatch.stop);

  const { guard } = permissions;
  services
    .set('s3', guard(s3.handle))
    .set('sqs', guard(storage.sqs))
    .set('sts', guard(storage.sqs))
    .set('dynamodb', guard(dynamoDb.handle))
    .set('ses', guard(inbox.handle))
    .set('cloudfront', guard(cloudFront.api))
    .set('apigateway', guard(apiGateway.api))
    .set('secretsmanager', guard(secrets.api))
    .set('lambda', guard(functions.handle))
    .set('states', guard(stepFunctions.api))
    .set('monitoring', guard(cloudWatch.api))
    .set('cloudformation', guard(createCloudFormation(stack, new Date())));

  await requireTrust(parts, permissions);
  for (const { caller, ...mapping } of parts.eventSourceMappings) {
    await permissions.requirePolling(caller, mapping.queueArn);
    const dependencies = { callAws: endpoint.call, caller, invoke: functions.invoke, journal, timeScale };
    started.push(startEventSourceMapping(mapping, dependencies).stop);
  }
  started.push(startSchedules({ rules: parts.schedules, callAws: endpoint.call }));
  if (settings.alarms) cloudWatch.start();
  stepFunctions.resume();
  if (settings.deployWebsite) await publishDeployments(parts.deployments, endpoint.call, store);

  const request: LocalCloud['request'] = (viewerRequest, pop) =>
    cloudFront.handleViewer(distribution.id, viewerRequest, pop);

  return {
    outputs: stack.outputs,
    endpoint: endpoint.url,
    siteUrl,
    inboxUrl: inbox.url,
    journal,
    permissions,
    notEmulated: [...accepted, ...cloudFront.notEmulated],
    intercept: endpoint.intercept,
    crashFunctions: functions.crash,
    callAws: endpoint.call,
    request,
    view: (url, pop) =>
      request({ method: 'GET', url, headers: { host: '127.0.0.1' }, body: Buffer.alloc(0) }, pop),
    mails: inbox.mails,
    publish: createPublisher(parts.deployments, endpoint.call, store),
  };
}

/** @throws Error when a service may not act by the role that the template gives it */
async function requireTrust(
  { functions, stateMachines }: StackParts,
  permissions: Permissions,
): Promise<void> {
  for (const { name, roleAccessKeyId } of functions)
    await permissions.requireTrust(roleAccessKeyId, 'lambda.amazonaws.com', functionArn(name));
  for (const { arn, caller } of stateMachines)
    await permissions.requireTrust(caller, 'states.amazonaws.com', arn);
}
