import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { openDurableStore } from '../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { createCloudFront, type LocalCloudFront } from '../../infra/local/services/cloudfront/cloudfront.ts';
import type {
  OriginRequest,
  OriginResponse,
  ViewerResponse,
} from '../../infra/local/services/cloudfront/messages.ts';
import { type QueueMessage, sortBatch } from '../../shared/refresh/collect-batch.ts';
import { type Distribution, distributionOf } from '../../shared/refresh/distribution.ts';
import type { Changes } from '../../shared/refresh/refresh.ts';
import type { Served } from '../../shared/refresh/served.ts';
import { CachePolicyConfig, DistributionConfig } from '../../shared/sites/configuration.ts';
import { describe } from '../../shared/sites/describe.ts';
import type { Description } from '../../shared/sites/description.ts';
import { readConfiguration } from '../../shared/sites/read-configuration.ts';
import { Told } from '../../shared/sites/told.ts';
import { POPS, type Viewer, type Write } from './random-history.ts';
import { type RandomSite, withoutLambdas } from './random-site.ts';
import { recordOf, s3Event } from './s3-messages.ts';

const BUCKET = 'site-bucket';
const REDIRECT = 'x-amz-website-redirect-location';
export const DISTRIBUTION = 'E1';
export const SITE_URL = 'https://d1.cloudfront.net';

/** What the pipeline is told of a distribution. */
export interface Known {
  readonly told: Told;
  readonly description: Description;
}

interface StoredObject extends Served {
  readonly body: Buffer;
}

/**
 * A bucket, the local edge before it, and the events of what is written: all in this process,
 * without a socket, in a time of its own.
 */
export class SiteInProcess {
  readonly distribution: Distribution;
  readonly #site: RandomSite;
  readonly #edge: LocalCloudFront;
  /** Keeps nothing, so it shows what the bucket holds. */
  readonly #origin: LocalCloudFront;
  readonly #objects = new Map<string, StoredObject>();
  readonly #seen = new Map<string, Viewer>();
  #messages: QueueMessage[] = [];
  #milliseconds = Date.parse('2026-11-02T10:00:00Z');
  #writes = 0;

  /** @param misunderstood a fault in what the pipeline knows */
  constructor(site: RandomSite, misunderstood: (known: Known) => Known = known => known) {
    this.#site = site;
    const { told, description } = misunderstood(knownOf(site));
    this.distribution = distributionOf(DISTRIBUTION, told, description);
    this.#edge = this.#open({ pointsOfPresence: POPS });
    this.#origin = this.#open({ cacheBytes: 0 });
  }

  #open(options: { readonly pointsOfPresence?: readonly string[]; readonly cacheBytes?: number }) {
    const { config, cachePolicies, functions } = this.#site;
    return createCloudFront({
      distributions: [{ id: DISTRIBUTION, domainName: 'd1.cloudfront.net', config: withoutLambdas(config) }],
      cachePolicies,
      responseHeadersPolicies: new Map(),
      functions,
      fetchOrigin: async request => this.#answer(request),
      store: openDurableStore(),
      journal: createJournal(),
      now: () => this.#milliseconds,
      invalidationDelayMs: 0,
      ...options,
    });
  }

  now(): Date {
    return new Date(this.#milliseconds);
  }

  wait(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }

  write({ key, content, after, ...headers }: Write): void {
    this.wait(after * 1000);
    const eTag = createHash('md5').update(`${key} ${content}`).digest('hex');
    const details = { eTag, sequencer: String(++this.#writes).padStart(8, '0') };
    if (content === undefined) this.#objects.delete(key);
    else this.#objects.set(key, this.#stored(key, content, { eTag, ...headers }));
    const eventName = content === undefined ? 'ObjectRemoved:Delete' : 'ObjectCreated:Put';
    const record = { ...recordOf(key, { ...details, eventName }), eventTime: this.now().toISOString() };
    this.#messages.push({ messageId: details.sequencer, body: JSON.stringify(s3Event(record)) });
  }

  #stored(
    key: string,
    content: string,
    { eTag, cacheControl, redirect }: Pick<Write, 'cacheControl' | 'redirect'> & { readonly eTag: string },
  ): StoredObject {
    const type = { html: 'text/html', txt: 'text/plain' }[key.slice(key.lastIndexOf('.') + 1)];
    return {
      // Long enough to be compressed.
      body: Buffer.from(`${key} ${content} `.repeat(200)),
      lastModified: this.now().toUTCString(),
      headers: {
        etag: `"${eTag}"`,
        'content-type': type ?? 'image/png',
        ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
        ...(redirect === undefined ? {} : { [REDIRECT]: redirect }),
      },
    };
  }

  /** What the queue holds, sorted, and takes it out. */
  collect(): Changes {
    const { changes } = sortBatch(this.#messages, {
      bucket: BUCKET,
      distributions: [this.distribution],
      keys: { prefixes: [], excluded: [] },
    });
    this.#messages = [];
    return changes.get(DISTRIBUTION) ?? { objects: [], paths: [] };
  }

  /** Whether something was written that no refresh has collected. */
  get isPending(): boolean {
    return this.#messages.length > 0;
  }

  readonly head = async (key: string): Promise<Served | undefined> => this.#objects.get(key);

  readonly read = async (key: string) => {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    const { etag = '' } = object.headers;
    return { eTag: etag, body: object.body };
  };

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** A visitor comes, and what the edge answers may be kept from then on. */
  async visit(viewer: Viewer): Promise<void> {
    this.#seen.set(JSON.stringify(viewer), viewer);
    await this.#view(this.#edge, viewer, viewer.pop);
  }

  /** The edge as a function of the pipeline asks it: for `globalThis.fetch`. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init.headers));
    const request = { method: 'GET', url: url.slice(SITE_URL.length), headers, body: Buffer.alloc(0) };
    const answer = await this.#edge.handleViewer(DISTRIBUTION, request);
    return new Response(new Uint8Array(decoded(answer)), { status: answer.status, headers: answer.headers });
  }

  async purge(paths: readonly string[]): Promise<void> {
    const items = paths.map(path => `<Path>${path.replaceAll('&', '&amp;')}</Path>`).join('');
    const { status } = await this.#edge.api({
      service: 'cloudfront',
      caller: 'root',
      method: 'POST',
      url: `/2020-05-31/distribution/${DISTRIBUTION}/invalidation`,
      headers: {},
      body: Buffer.from(
        `<InvalidationBatch><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>${++this.#writes}</CallerReference></InvalidationBatch>`,
      ),
    });
    if (status !== 201) throw new Error(`CloudFront refuses ${paths.join(' ')}`);
  }

  /** What visitors who have been here get that is not what the bucket holds. */
  async outdated(): Promise<string[]> {
    const shown = new Map<string, ViewerResponse>();
    const old: string[] = [];
    for (const [name, viewer] of this.#seen) {
      const current = shown.get(viewer.url) ?? (await this.#view(this.#origin, { ...viewer, ...PLAIN }));
      shown.set(viewer.url, current);
      const kept = await this.#view(this.#edge, viewer, viewer.pop);
      const [before, now] = [kept, current].map(answer => contentOf(answer, viewer.method));
      if (before !== now) old.push(`${name}: ${before} instead of ${now}`);
    }
    return old;
  }

  #view(
    cloudFront: LocalCloudFront,
    { url, method, encodings, cookie, language }: Viewer,
    pop?: string,
  ): Promise<ViewerResponse> {
    const headers = {
      ...(encodings === '' ? {} : { 'accept-encoding': encodings }),
      ...(cookie === '' ? {} : { cookie }),
      ...(language === '' ? {} : { 'x-language': language }),
    };
    const request = { method, url, headers, body: Buffer.alloc(0) };
    return cloudFront.handleViewer(DISTRIBUTION, request, pop);
  }

  /** As S3 and the other origin answer. */
  #answer({ originId, originPath, url, headers }: OriginRequest): OriginResponse {
    const { atOrigin = uri => uri, website } = this.#site;
    const [path = ''] = url.slice(originPath.length).split('?');
    if (originId === 'other')
      return { status: 200, headers: { etag: '"other"' }, body: Buffer.from('another origin') };
    const uri =
      website !== undefined && path.endsWith('/') ? `${path}${website.indexDocument}` : atOrigin(path);
    const object = this.#objects.get(decodeURIComponent(`${originPath}${uri}`).slice(1));
    const location = object?.headers[REDIRECT];
    if (website !== undefined && location !== undefined)
      return { status: 301, headers: { server: 'AmazonS3', location }, body: Buffer.alloc(0) };
    if (object === undefined) return this.#missing();
    const shown = shownHeaders(object);
    return headers['if-none-match'] === object.headers['etag']
      ? { status: 304, headers: shown, body: Buffer.alloc(0) }
      : { status: 200, headers: shown, body: object.body };
  }

  /** A website answers with its error document, and with all that the document says of itself. */
  #missing(): OriginResponse {
    const { missing, website } = this.#site;
    const document = this.#objects.get(website?.errorDocument ?? '');
    return document === undefined
      ? { status: missing, headers: { server: 'AmazonS3' }, body: Buffer.from('<Error/>') }
      : { status: missing, headers: shownHeaders(document), body: document.body };
  }
}

const shownHeaders = ({ headers, lastModified }: StoredObject) => ({
  ...headers,
  server: 'AmazonS3',
  'last-modified': lastModified,
});

/** The description of a distribution, as the deployment keeps it, and what its owner told. */
function knownOf({ config, cachePolicies, urls, website }: RandomSite): Known {
  const policies = [...cachePolicies].map(
    ([id, policy]) => [id, CachePolicyConfig.parse(asInApi(policy))] as const,
  );
  const found = readConfiguration('d1.cloudfront.net', DistributionConfig.parse(asInApi(config)), {
    cachePolicies: new Map(policies),
    responseHeadersPolicies: new Map(),
    functionVersions: new Map(),
  });
  return { description: describe(found, BUCKET, website), told: Told.parse({ urls }) };
}

/** CloudFormation's lists as the API has them. */
function asInApi(value: unknown): unknown {
  if (Array.isArray(value)) return { Quantity: value.length, Items: value.map(asInApi) };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asInApi(member)]));
}

/** A visitor who gets an object as it is stored. */
const PLAIN = { method: 'GET', encodings: '', cookie: '', language: '' } as const;

/** What a visitor sees of an answer: its beginning, or for HEAD its ETag. */
function contentOf(answer: ViewerResponse, method: Viewer['method']): string {
  const { etag = '', location = '' } = answer.headers;
  const beginning = method === 'HEAD' ? etag.replace(/^W\//, '') : decoded(answer).toString().slice(0, 40);
  return `${answer.status} ${location}${beginning}`;
}

/** As `fetch` hands content over. */
function decoded({ body, headers }: ViewerResponse): Buffer {
  const { 'content-encoding': encoding = '' } = headers;
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }[encoding];
  return decode === undefined || body.length === 0 ? body : decode(body);
}
