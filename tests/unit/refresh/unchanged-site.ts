import type { EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import type { Change } from '../../../shared/refresh/refresh.ts';
import { fingerprintOf, type Served } from '../../../shared/refresh/served.ts';
import { answerOf } from './scripted-site.ts';
import type { UnchangedRun } from './unchanged-run.ts';
import {
  ASKED_EACH_TIME,
  KEY,
  type StoredVersion,
  storedVersionsOf,
  type Version,
} from './unchanged-versions.ts';

/** Verification asks the first one. */
const POPS = [0, 1];

/**
 * A viewer at a point of presence, or one at the second who asks for what does not exist and gets
 * the page instead, or the moment at which the first drops what it keeps, to make room for other
 * objects.
 */
export type Visit = number | 'astray' | 'eviction';

/** How an edge shows what the bucket holds. */
export interface Showing {
  /** Whether the bucket keeps old versions. */
  readonly hasVersions: boolean;
  /** Whether viewers get another `Cache-Control` than the one that is stored. */
  readonly altersHeaders: boolean;
  /** Whether viewers get it instead of errors. */
  readonly isErrorPage: boolean;
}

/** A bucket that is written one version of one key after the other, and the edge in front of it. */
export class VersionedSite {
  readonly #run: UnchangedRun;
  readonly #versions: readonly StoredVersion[];
  readonly #uploads: readonly PromiseWithResolvers<void>[];
  readonly #showing: Showing;
  /** The version that each point of presence keeps. */
  readonly #edge = new Map<number, number>();
  /** What the second one keeps at another URL, where the page was shown instead of an error. */
  #astray: { readonly version: number } | undefined;
  #current = 0;
  #reads = 0;

  constructor(run: UnchangedRun, versions: readonly Version[], showing: Showing) {
    this.#run = run;
    this.#showing = showing;
    this.#versions = storedVersionsOf(versions, showing.hasVersions);
    this.#uploads = versions.map(() => Promise.withResolvers<void>());
  }

  get isErrorPage(): boolean {
    return this.#showing.isErrorPage;
  }

  /** The event that S3 sends for a version. */
  eventOf(version: number): Change {
    return this.#versions[version]?.event ?? { key: KEY, removed: true, sequencer: '', eventTime: '' };
  }

  /** The event of an upload as if it had written the version that the bucket shows now. */
  asOfVersionShown(event: Change): Change {
    const { versionId } = this.#versions[this.#current]?.served ?? {};
    const isUpload = !event.removed && !event.deletesVersion;
    return isUpload && versionId !== undefined ? { ...event, versionId } : event;
  }

  /** The event as if it were about what the bucket holds now. */
  asInBucket({ key, sequencer, eventTime }: Change): Change {
    const { headers, versionId } = this.#versions[this.#current]?.served ?? {};
    const event = { key, sequencer, eventTime };
    if (headers === undefined) return { ...event, removed: true };
    const eTag = headers['etag']?.replaceAll('"', '') ?? '';
    return { ...event, removed: false, eTag, ...(versionId === undefined ? {} : { versionId }) };
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
    this.#run.step('ask the edge', () => answerOf(this.#altered(this.#shown(this.#view(0)))));

  async visit(visits: readonly Visit[]): Promise<void> {
    for (const visit of visits) {
      if (visit === 'eviction') await this.#run.step(visit, () => this.#edge.delete(0));
      else if (visit === 'astray') await this.#run.step('a viewer astray', () => this.#goAstray());
      else await this.#run.step(`a viewer at ${visit}`, () => void this.#view(visit));
    }
  }

  async purge(): Promise<void> {
    for (const pop of POPS) await this.#run.step(`purge ${pop}`, () => this.#edge.delete(pop));
  }

  /** Purges the page at every URL. */
  async purgeEverything(): Promise<void> {
    await this.purge();
    await this.#run.step('purge everything', () => {
      this.#astray = undefined;
    });
  }

  /** Until what an edge keeps at other URLs has expired, if it was to be kept for a short time. */
  async waitForErrorPages(): Promise<void> {
    const kept = await this.#run.step('begin to wait', () => this.#astray);
    await this.#run.step('end of the wait', () => {
      const { headers } = this.#versions[kept?.version ?? 0]?.served ?? {};
      const isShort = headers === undefined || ASKED_EACH_TIME.has(headers['cache-control'] ?? '');
      if (this.#astray === kept && isShort) this.#astray = undefined;
    });
  }

  /** What the edge keeps although the bucket holds something else. */
  outdated(): string[] {
    const wanted = fingerprintOf(this.#versions[this.#current]?.served);
    const astray = this.#astray === undefined ? [] : [this.#astray.version];
    return [
      ...[...this.#edge]
        .filter(([pop]) => fingerprintOf(this.#view(pop)) !== wanted)
        .map(([pop, version]) => `${pop} keeps version ${version}`),
      ...astray
        .filter(version => fingerprintOf(this.#versions[version]?.served) !== wanted)
        .map(version => `another URL keeps version ${version}`),
    ];
  }

  #goAstray(): void {
    if (this.isErrorPage) this.#astray ??= { version: this.#versionAt(1) };
  }

  #altered(served: Served | undefined): Served | undefined {
    if (served === undefined || !this.#showing.altersHeaders) return served;
    return { ...served, headers: { ...served.headers, 'cache-control': 'max-age=3' } };
  }

  #inBucket(): Served | undefined {
    return this.#shown(this.#versions[this.#current]?.served);
  }

  #shown(served: Served | undefined): Served | undefined {
    return served === undefined || this.#run.has('headers count')
      ? served
      : { ...served, headers: { ...served.headers, 'cache-control': '' } };
  }

  /**
   * What a point of presence keeps, or else what the bucket holds, which it then keeps. Of an
   * object that it has to ask for, it compares the ETag alone: if that is the current one, the old
   * headers stay.
   */
  #view(pop: number): Served | undefined {
    return this.#versions[this.#versionAt(pop)]?.served;
  }

  #versionAt(pop: number): number {
    const kept = this.#edge.get(pop);
    const current = this.#versions[this.#current]?.served;
    if (kept !== undefined) {
      const served = this.#versions[kept]?.served;
      const isAsked = ASKED_EACH_TIME.has(served?.headers['cache-control'] ?? '');
      if (!isAsked || served?.headers['etag'] === current?.headers['etag']) return kept;
    }
    this.#edge.set(pop, this.#current);
    return this.#current;
  }
}
