import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import { parseResource } from '../../template/parse-resource.ts';
import { createControlPlane } from './control-plane.ts';
import { type DistributionParts, type DistributionResource, openDistribution } from './distribution.ts';
import { type CompletionDelay, createInvalidations } from './invalidations.ts';
import { MANAGED_CACHE_POLICIES } from './managed-policies.ts';
import { asSent, type FetchOrigin, type ViewerRequest, type ViewerResponse } from './messages.ts';
import { type EdgeTraits, PointsOfPresence } from './points-of-presence.ts';
import { type CachePolicy, cachePolicySchema } from './policies.ts';

export interface CloudFrontOptions extends DistributionParts, EdgeTraits {
  readonly distributions: readonly DistributionResource[];
  /** A `TimeoutError` becomes 504, any other error 502. */
  readonly fetchOrigin: FetchOrigin;
  /** Keeps the invalidations; caches are empty after a restart. */
  readonly store: DurableStore;
  readonly journal: Journal;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** From CreateInvalidation to `Completed`; caches are purged after half of it. Null: never. */
  readonly invalidationDelayMs: number | (() => CompletionDelay);
  /** Each has a cache of its own. @default ['LOC50-P1'] */
  readonly pointsOfPresence?: readonly string[];
  /** Shared by all points of presence. @default 256 MiB */
  readonly cacheBytes?: number;
  /**
   * Receives why an origin or an edge function failed; viewers do not learn it.
   *
   * @default a process warning
   */
  readonly onFailure?: (error: unknown) => void;
}

export interface LocalCloudFront {
  /** The 2020-05-31 REST API. */
  readonly api: AwsService;
  /**
   * A viewer's request to a distribution.
   *
   * @param pop point of presence; default: the request's `x-local-pop` header, else the first
   */
  handleViewer(distributionId: string, request: ViewerRequest, pop?: string): Promise<ViewerResponse>;
  /** The same for HTTP. */
  listener(distributionId: string): (request: IncomingMessage, response: ServerResponse) => void;
  /** What distributions ask for without effect, one sentence each. */
  readonly notEmulated: readonly string[];
  /** Clears the timers of invalidations in progress. */
  stop(): void;
}

const DEFAULT_CACHE_BYTES = 256 * 1024 * 1024;

/** @throws Error naming each property, policy or function that is wrong or not emulated */
export function createCloudFront(options: CloudFrontOptions): LocalCloudFront {
  const { journal, store, now = Date.now, invalidationDelayMs: delay } = options;
  const distributions = new Map(
    options.distributions.map(resource => [resource.id, openDistribution(resource, options)]),
  );
  const pointsOfPresence = new PointsOfPresence([...distributions.values()], {
    names: options.pointsOfPresence ?? ['LOC50-P1'],
    cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    fetchOrigin: options.fetchOrigin,
    now,
    onFailure: options.onFailure ?? warn,
    log: (functionName, line) => journal.record({ kind: 'log', functionName, line }),
    keepsHeadApart: options.keepsHeadApart,
    blocks: options.blocks,
    survivesPurge: options.survivesPurge,
    alters: options.alters,
  });
  const invalidations = createInvalidations({
    store,
    journal,
    now,
    delayMs: typeof delay === 'number' ? () => delay : delay,
    takeEffect: (distributionId, paths) => pointsOfPresence.purge(distributionId, paths),
  });
  const handleViewer: LocalCloudFront['handleViewer'] = (distributionId, request, pop) =>
    pointsOfPresence.serve(distributionId, request, pop);

  return {
    api: createControlPlane({
      distributions,
      invalidations,
      cachePolicies: cachePoliciesOf(options),
      parts: options,
      update(id, config) {
        const domainName = distributions.get(id)?.domainName ?? '';
        const updated = openDistribution({ id, domainName, config }, options);
        distributions.set(id, updated);
        pointsOfPresence.put(updated);
        return updated;
      },
      createdAt: now(),
    }),
    handleViewer,
    listener: distributionId => viewerListener(request => handleViewer(distributionId, request)),
    notEmulated: [...distributions.values()].flatMap(({ id, config }) =>
      config.Logging === undefined ? [] : [`Distribution ${id}: standard logs are not delivered`],
    ),
    stop: () => invalidations.stop(),
  };
}

/** AWS's own cache policies and the template's, by id. */
function cachePoliciesOf({ cachePolicies }: DistributionParts): Map<string, CachePolicy> {
  const own = [...cachePolicies].map(
    ([id, config]) =>
      [id, parseResource(cachePolicySchema, `AWS::CloudFront::CachePolicy ${id}`, config)] as const,
  );
  return new Map([...MANAGED_CACHE_POLICIES, ...own]);
}

function viewerListener(serve: (request: ViewerRequest) => Promise<ViewerResponse>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    readViewerRequest(request)
      .then(serve)
      .then(
        answer => response.writeHead(answer.status, asSent(answer.headers)).end(answer.body),
        error => {
          warn(error);
          response.writeHead(500).end();
        },
      );
  };
}

async function readViewerRequest(request: IncomingMessage): Promise<ViewerRequest> {
  const body = Buffer.concat(await request.toArray());
  const received = Object.entries(request.headersDistinct).map(
    ([name, values = []]) => [name, values] as const,
  );
  const headers = received.map(([name, values]) => [name, values.join(name === 'cookie' ? '; ' : ', ')]);
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: Object.fromEntries(headers),
    repeatedHeaders: Object.fromEntries(received.filter(([, values]) => values.length > 1)),
    body,
    ip: request.socket.remoteAddress ?? '127.0.0.1',
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
