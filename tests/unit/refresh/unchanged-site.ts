import type { EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import type { Change } from '../../../shared/refresh/refresh.ts';
import { fingerprintOf, isNeverCached, type Served } from '../../../shared/refresh/served.ts';
import { answerOf } from './scripted-site.ts';
import type { UnchangedRun } from './unchanged-run.ts';

/** One write of the key: content and headers, or a removal. */
export interface Version {
  readonly content: 'a' | 'b' | 'removed';
  readonly cacheControl: 'max-age=1' | 'max-age=2' | 'no-store';
  /** In a later second than the version before. */
  readonly later: boolean;
}

/** A version as S3 stores it; a removal has no ETag and serves nothing. */
interface StoredVersion {
  /** Seconds after the first version. */
  readonly second: number;
  readonly eTag?: string;
  readonly served: Served | undefined;
}

const KEY = 'page.html';
/** Verification asks the first one. */
const POPS = [0, 1];

/** A bucket that is written one version of one key after the other, and the edge in front of it. */
export class VersionedSite {
  readonly #run: UnchangedRun;
  readonly #versions: readonly StoredVersion[];
  readonly #uploads: readonly PromiseWithResolvers<void>[];
  /** The version that each point of presence keeps. */
  readonly #edge = new Map<number, number>();
  #current = 0;
  #reads = 0;

  constructor(run: UnchangedRun, versions: readonly Version[]) {
    this.#run = run;
    this.#versions = storedVersionsOf(versions);
    this.#uploads = versions.map(() => Promise.withResolvers<void>());
  }

  /** The event that S3 sends for a version. */
  eventOf(version: number): Change {
    const { eTag, second } = this.#versions[version] ?? { second: 0 };
    return {
      key: KEY,
      removed: eTag === undefined,
      sequencer: `${version + 1}`,
      eventTime: new Date(second * 1000 + 500).toISOString(),
      ...(eTag === undefined ? {} : { eTag }),
    };
  }

  /** The event as if it were about what the bucket holds now. */
  asInBucket({ sequencer, eventTime }: Change): Change {
    return { ...this.eventOf(this.#current), sequencer, eventTime };
  }

  async upload(version: number): Promise<void> {
    await this.#run.step(`upload version ${version}`, () => {
      this.#current = version;
      this.#uploads[version]?.resolve();
    });
  }

  async uploadTheRest(): Promise<void> {
    for (const version of this.#versions.keys()) if (version > 0) await this.upload(version);
  }

  /** Waits until all of these versions have been uploaded. */
  uploaded(versions: readonly number[]): Promise<unknown> {
    return Promise.all(versions.map(version => this.#uploads[version]?.promise));
  }

  /** What the bucket holds, as a verification reads it. */
  readonly read = (): Promise<Served | undefined> =>
    this.#run.step('read the bucket', () => this.#inBucket());

  /** What the bucket holds, as a plan reads it. */
  readonly readToPlan = (): Promise<Served | undefined> =>
    this.#run.step('read the bucket', () => {
      const object = this.#inBucket();
      return object === undefined || this.#run.has('the version seen before is not seen again')
        ? object
        : { ...object, lastModified: `read ${++this.#reads}` };
    });

  /** What the edge answers a verification. */
  readonly ask = (): Promise<EdgeAnswer> =>
    this.#run.step('ask the edge', () => answerOf(this.#shown(this.#view(0))));

  async visit(viewers: readonly number[]): Promise<void> {
    for (const pop of viewers) await this.#run.step(`a viewer at ${pop}`, () => void this.#view(pop));
  }

  async purge(): Promise<void> {
    for (const pop of POPS) await this.#run.step(`purge ${pop}`, () => this.#edge.delete(pop));
  }

  /** What the edge keeps although the bucket holds something else. */
  outdated(): string[] {
    const wanted = fingerprintOf(this.#versions[this.#current]?.served);
    return [...this.#edge]
      .filter(([, version]) => fingerprintOf(this.#versions[version]?.served) !== wanted)
      .map(([pop, version]) => `${pop} keeps version ${version}`);
  }

  #inBucket(): Served | undefined {
    return this.#shown(this.#versions[this.#current]?.served);
  }

  #shown(served: Served | undefined): Served | undefined {
    return served === undefined || this.#run.has('headers count')
      ? served
      : { ...served, headers: { ...served.headers, 'cache-control': '' } };
  }

  /** What a point of presence keeps, or else what the bucket holds, which it then keeps. */
  #view(pop: number): Served | undefined {
    const kept = this.#edge.get(pop);
    if (kept !== undefined) return this.#versions[kept]?.served;
    const fetched = this.#versions[this.#current]?.served;
    if (!isNeverCached(fetched)) this.#edge.set(pop, this.#current);
    return fetched;
  }
}

function storedVersionsOf(versions: readonly Version[]): StoredVersion[] {
  let second = 0;
  return versions.map(({ content, cacheControl, later }) => {
    if (later) second++;
    const lastModified = new Date(second * 1000).toUTCString();
    if (content === 'removed') return { second, served: undefined };
    const headers: Record<string, string> = { etag: `"${content}"`, 'cache-control': cacheControl };
    return { second, eTag: content, served: { headers, lastModified } };
  });
}
