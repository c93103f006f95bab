import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AwsService } from './kernel/aws-api.ts';
import { type Interceptor, startAwsEndpoint } from './kernel/aws-endpoint.ts';
import { openDurableStore } from './kernel/durable-map.ts';
import { createJournal, type Journal } from './kernel/journal.ts';
import { createPermissions, type Permissions } from './kernel/permissions/permissions.ts';
import { requireTrust } from './kernel/permissions/trust.ts';
import { servePublicly } from './kernel/public-servers.ts';
import { createApiGateway } from './services/apigateway/api-gateway.ts';
import { createCloudFormation } from './services/cloudformation/cloudformation.ts';
import { createCloudFront } from './services/cloudfront/cloudfront.ts';
import type { CompletionDelay } from './services/cloudfront/invalidations.ts';
import type { ViewerRequest, ViewerResponse } from './services/cloudfront/messages.ts';
import { createCloudWatch } from './services/cloudwatch/cloudwatch.ts';
import { startDynamoDb } from './services/dynamodb/dynamodb.ts';
import { createEventRules } from './services/events/event-rules.ts';
import { startSchedules } from './services/events/schedules.ts';
import { startEventSourceMapping } from './services/lambda/event-source-mapping.ts';
import type { StartEnvironment } from './services/lambda/execution-environment.ts';
import { createFunctionPool, type FunctionDefinition } from './services/lambda/function-pool.ts';
import { createBucketNotifications } from './services/s3/bucket-notifications.ts';
import { type EventDelivery, withEvents } from './services/s3/events.ts';
import { createS3Origin } from './services/s3/origin.ts';
import { startQueuesAndBuckets } from './services/s3/queues-and-buckets.ts';
import { createSecrets, withSecrets } from './services/secretsmanager/secrets.ts';
import { type ReceivedMail, startMailInbox } from './services/ses/mail-inbox.ts';
import { createStepFunctions } from './services/stepfunctions/step-functions.ts';
import { deployCustomResources } from './template/custom-resources.ts';
import { createPublisher, publishDeployments } from './template/deployments.ts';
import { checkProperties } from './template/emulated-properties.ts';
import { partsOf } from './template/stack-parts.ts';
import { inOneAccount, loadStack, withTexts } from './template/template.ts';

/** A stack in a CDK assembly. */
export interface StackLocation {
  /** @default cdk.out of the project */
  readonly assemblyDirectory?: string;
  /** @default StudentSite */
  readonly stackName?: string;
}

export interface LocalCloudOptions extends StackLocation {
  /** More stacks of the same account, deployed after the first. They may name what earlier ones made. */
  readonly moreStacks?: readonly StackLocation[];
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
  /** From CreateInvalidation to `Completed`, real time; null: never; or when a promise resolves. @default 3,000 ms × timeScale */
  readonly invalidationDelayMs?: number | (() => CompletionDelay);
  /** Each has a cache of its own. @default one */
  readonly pointsOfPresence?: readonly string[];
  /** Uploads the page as a deployment does. @default true */
  readonly deployWebsite?: boolean;
  /** Evaluates the template's alarms once a minute, and mails them; by hand, whenever `passMinute` is called. @default true */
  readonly alarms?: boolean | 'by hand';
  /** How S3 events travel. @default each once, at once */
  readonly deliverEvent?: EventDelivery;
  /** Where functions run. @default each in a process of its own */
  readonly startEnvironment?: StartEnvironment;
  /** Of an earlier start from the same assembly: what is decided already need not be decided again. */
  readonly permissions?: Permissions;
}

export interface LocalCloud {
  /** Of the first stack. */
  readonly outputs: Readonly<Record<string, string>>;
  outputsOf(stackName: string): Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly siteUrl: string;
  readonly inboxUrl: string;
  readonly journal: Journal;
  readonly permissions: Permissions;
  /** What the template asks for and the local cloud accepts without an effect. */
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
  /** Lets a minute of CloudWatch's pass, if its alarms are evaluated by hand. */
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

  const templates = [settings, ...(settings.moreStacks ?? [])].map(location =>
    loadStack({ ...DEFAULTS, ...location, endpoint: endpoint.url }),
  );
  const servers = await servePublicly(inOneAccount(templates).resources, ports, started);
  const secrets = createSecrets(inOneAccount(templates), store);
  const beforeDeployment = templates.map(template =>
    withTexts(withSecrets(template, secrets), servers.localUrls),
  );
  const accepted = checkProperties(inOneAccount(beforeDeployment).resources);
  const { buckets, queues, distributions, distributionParts, ...deploying } = partsOf(
    inOneAccount(beforeDeployment),
  );
  const permissions = settings.permissions ?? createPermissions(inOneAccount(beforeDeployment).resources);
  const { guard } = permissions;

  const storage = await startQueuesAndBuckets(directory('queues-and-buckets'));
  started.push(storage.stop);
  for (const queue of queues) storage.ensureQueue(queue.name, queue.url, queue.attributes);
  for (const { name } of buckets) storage.ensureBucket(name);
  const notifications = createBucketNotifications(buckets, { store, callAws: endpoint.call });
  const s3 = withEvents({
    s3: notifications.with(storage.s3),
    notificationsOf: notifications.rulesOf,
    callAws: endpoint.call,
    journal,
    deliver: settings.deliverEvent,
  });
  started.push(s3.stop);

  const fetchBucket = createS3Origin(endpoint.call);
  const { pointsOfPresence, invalidationDelayMs = 3000 * timeScale } = settings;
  const cloudFront = createCloudFront({
    ...distributionParts,
    distributions,
    fetchOrigin: request => apiGateway.fetchOrigin(request) ?? fetchBucket(request),
    store,
    journal,
    invalidationDelayMs,
    ...(pointsOfPresence === undefined ? {} : { pointsOfPresence }),
  });
  started.push(cloudFront.stop);
  services
    .set('s3', guard(s3.handle))
    .set('sqs', guard(storage.sqs))
    .set('sts', guard(storage.sqs))
    .set('cloudfront', guard(cloudFront.api));

  const runFunctions = (definitions: readonly FunctionDefinition[]) =>
    createFunctionPool({
      functions: definitions,
      endpoint: () => endpoint.url,
      journal,
      timeScale,
      startEnvironment: settings.startEnvironment,
    });
  // What other functions are told may depend on what these answer.
  const deployers = runFunctions(deploying.functions);
  started.push(deployers.stop);
  const customResources = await deployCustomResources(beforeDeployment, { store, invoke: deployers.invoke });
  await deployers.stop();
  const stacks = beforeDeployment.map(stack =>
    withTexts(stack, text => servers.localUrls(customResources(text))),
  );
  const parts = partsOf(inOneAccount(stacks));

  const dynamoDb = await startDynamoDb(directory('dynamodb'));
  started.push(dynamoDb.stop);
  for (const table of parts.tables) await dynamoDb.ensureTable(table.name, table.properties);
  const inbox = await startMailInbox({ port: ports.inbox ?? 0, identities: parts.senders, store, journal });
  started.push(inbox.stop);

  const functions = runFunctions(parts.functions);
  started.push(functions.stop);
  const apiGateway = createApiGateway({
    definition: parts.apiGateway,
    invokeFunction: functions.invoke,
    mayInvoke: permissions.mayInvoke,
    store,
    onAnswered: answered => journal.record({ kind: 'request', ...answered }),
  });
  servers.listenTo('AWS::ApiGateway::RestApi', apiGateway.listener);
  servers.listenTo('AWS::CloudFront::Distribution', cloudFront.listener);

  const rules = createEventRules({ ...parts.rules, callAws: endpoint.call, journal });
  started.push(rules.stop);
  const { publish } = rules;

  const stepFunctions = createStepFunctions({
    machines: parts.stateMachines,
    async invokeFunction(name, payload, caller) {
      await permissions.requireInvocation(caller, name);
      return functions.invoke(name, payload);
    },
    endpoint: () => endpoint.url,
    publish,
    store,
    journal,
    timeScale,
  });
  started.push(stepFunctions.stop);

  const cloudWatch = createCloudWatch({
    ...parts.watch,
    publish,
    measureQueue: storage.measureQueue,
    journal,
    store,
    timeScale,
    byHand: settings.alarms === 'by hand',
  });
  started.push(cloudWatch.stop);

  services
    .set('dynamodb', guard(dynamoDb.handle))
    .set('ses', guard(inbox.handle))
    .set('apigateway', guard(apiGateway.api))
    .set('secretsmanager', guard(secrets.api))
    .set('lambda', guard(functions.handle))
    .set('states', guard(stepFunctions.api))
    .set('monitoring', guard(cloudWatch.api))
    .set('cloudformation', guard(createCloudFormation(stacks, new Date())));

  await requireTrust(parts, permissions);
  for (const { caller, ...mapping } of parts.eventSourceMappings) {
    await permissions.requirePolling(caller, mapping.queueArn);
    const dependencies = { callAws: endpoint.call, caller, invoke: functions.invoke, journal, timeScale };
    started.push(startEventSourceMapping(mapping, dependencies).stop);
  }
  started.push(startSchedules({ rules: parts.schedules, callAws: endpoint.call }));
  if (settings.alarms === true) cloudWatch.start();
  stepFunctions.resume();
  if (settings.deployWebsite) await publishDeployments(parts.deployments, endpoint.call, store);

  const outputsOf = (stackName: string) => {
    const stack = stacks.find(({ name }) => name === stackName);
    if (stack === undefined) throw new Error(`There is no stack ${stackName}`);
    return stack.outputs;
  };
  const [site] = parts.distributions;
  if (site === undefined) throw new Error('No template has a distribution');
  const request: LocalCloud['request'] = (viewerRequest, pop, distributionId = site.id) =>
    cloudFront.handleViewer(distributionId, viewerRequest, pop);

  return {
    outputs: outputsOf(settings.stackName),
    outputsOf,
    endpoint: endpoint.url,
    siteUrl: servers.urlOf(site.id),
    inboxUrl: inbox.url,
    journal,
    permissions,
    notEmulated: [...accepted, ...cloudFront.notEmulated],
    intercept: endpoint.intercept,
    crashFunctions: functions.crash,
    callAws: endpoint.call,
    request,
    view: (url, pop, distributionId) =>
      request(
        { method: 'GET', url, headers: { host: '127.0.0.1' }, body: Buffer.alloc(0) },
        pop,
        distributionId,
      ),
    passMinute: cloudWatch.passMinute,
    mails: inbox.mails,
    publish: createPublisher(parts.deployments, endpoint.call, store),
  };
}
