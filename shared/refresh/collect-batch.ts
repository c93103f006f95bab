import { InvalidMessageError, UnknownDistributionError } from '../errors.ts';
import { toldPaths } from '../planning/told-urls.ts';
import { originPathsOf, type UrlRules } from '../planning/viewer-urls.ts';
import type { Distribution } from './distribution.ts';
import { isSiteKey, type KeyFilter } from './key-filter.ts';
import { NO_TAGS } from './manual-request.ts';
import { countOf } from './pause.ts';
import type { Changes } from './refresh.ts';
import { parseSiteMessage, type SiteMessage } from './site-message.ts';

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
}

/** What the batch needs to know of a distribution. */
interface ShownBy extends Pick<Distribution, 'id' | 'takesTags'> {
  readonly urls: Pick<UrlRules, 'originPath' | 'behaviours' | 'told' | 'errorDocument'>;
}

/** What a message may be about. */
export interface WatchedSite {
  readonly bucket: string;
  readonly distributions: readonly ShownBy[];
  readonly keys: KeyFilter;
}

export interface SortedBatch {
  /** By distribution: what the good messages together say about what it shows. None is empty. */
  readonly changes: ReadonlyMap<string, Changes>;
  /**
   * Messages that no retry can fix, with the reason. The queue moves them to its dead-letter queue.
   */
  readonly refused: readonly { readonly messageId: string; readonly reason: string }[];
  /** Parts of good messages that ask for nothing, with the reason. */
  readonly ignored: readonly { readonly messageId: string; readonly reason: string }[];
  /** The keys among these that lie outside every origin path, each as often as it changed. */
  readonly outside: readonly string[];
}

/**
 * Sorts a batch of messages into changes to collect, messages to refuse and parts to leave aside.
 */
export function sortBatch(messages: readonly QueueMessage[], site: WatchedSite): SortedBatch {
  const good: SiteMessage[] = [];
  const refused: { messageId: string; reason: string }[] = [];
  const ignored: { messageId: string; reason: string }[] = [];
  const outside: string[] = [];
  for (const { messageId, body } of messages) {
    try {
      const message = parseSiteMessage(body, site.bucket);
      requireDistribution(message, site);
      requireTags(message, site);
      good.push(message);
      const siteKeys = message.objects.filter(({ key }) => isSiteKey(key, site.keys));
      const excluded = message.objects.filter(object => !siteKeys.includes(object));
      const unseen = siteKeys.filter(({ key }) => !site.distributions.some(each => shows(each, key)));
      outside.push(...unseen.map(({ key }) => key));
      const reasons = [
        ...message.ignored,
        ...excluded.map(({ key }) => `an excluded key, ${key}`),
        ...unseen.map(({ key }) => `a key outside every origin path, ${key}`),
      ];
      ignored.push(...reasons.map(reason => ({ messageId, reason })));
    } catch (error) {
      if (!isPermanent(error)) throw error;
      refused.push({ messageId, reason: error.message });
    }
  }
  const changes = site.distributions
    .map(distribution => [distribution.id, changesOf(good, distribution, site.keys)] as const)
    .filter(([, all]) => countOf(all) > 0);
  return { changes: new Map(changes), refused, ignored, outside };
}

function isPermanent(error: unknown): error is Error {
  return error instanceof InvalidMessageError || error instanceof UnknownDistributionError;
}

function requireDistribution({ distributionId }: SiteMessage, { distributions }: WatchedSite): void {
  if (distributionId !== undefined && !distributions.some(({ id }) => id === distributionId))
    throw new UnknownDistributionError(distributionId);
}

/** A request for all distributions concerns those that take tags. */
function requireTags({ tags = [], distributionId }: SiteMessage, { distributions }: WatchedSite): void {
  const asked = distributions.filter(({ id }) => distributionId === undefined || id === distributionId);
  if (tags.length > 0 && !asked.some(({ takesTags }) => takesTags)) throw new InvalidMessageError(NO_TAGS);
}

function changesOf(messages: readonly SiteMessage[], distribution: ShownBy, keys: KeyFilter): Changes {
  // Older events of a key, too: each is about a version that an edge may hold.
  const objects = messages
    .flatMap(message => message.objects)
    .filter(({ key }) => isSiteKey(key, keys) && shows(distribution, key));
  const asked = messages.filter(({ distributionId = distribution.id }) => distributionId === distribution.id);
  const paths = asked.flatMap(message => message.paths);
  const tags = distribution.takesTags ? asked.flatMap(message => message.tags ?? []) : [];
  const causes = messages
    .filter(({ distributionId }) => distributionId === distribution.id)
    .flatMap(message => message.causes ?? []);
  return {
    objects,
    paths: [...new Set(paths)],
    ...(tags.length === 0 ? {} : { tags: [...new Set(tags)] }),
    ...(causes.length === 0 ? {} : { causes: [...new Set(causes)] }),
  };
}

/**
 * Whether a key lies below an origin path, is the error document, or was told to have another URL.
 * It need not have a URL that is known: a function may show it.
 */
function shows({ urls }: ShownBy, key: string): boolean {
  const isInside = originPathsOf(urls).some(originPath => `/${key}`.startsWith(`${originPath}/`));
  return isInside || key === urls.errorDocument || toldPaths(key, urls.told).length > 0;
}
