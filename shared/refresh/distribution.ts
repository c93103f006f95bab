import { UnknownDistributionError } from '../errors.ts';
import type { UrlRules } from '../planning/viewer-urls.ts';
import { type Description, errorPagesOf, showing, type Website } from '../sites/description.ts';
import type { KnownDistributions } from '../sites/known-distribution.ts';
import type { Told } from '../sites/told.ts';
import { seesRequests, untoldIn } from '../sites/unknowns.ts';

/**
 * A distribution that shows the site bucket, and whatever decides what is purged, skipped and
 * verified there.
 */
export interface Distribution extends Pick<Told, 'verify' | 'verificationHeaders'> {
  readonly id: string;
  /** Where viewers reach it, without a slash at the end. */
  readonly url: string;
  readonly urls: UrlRules;
  /** See `errorPagesOf` in sites/description.ts. */
  readonly errorPages: readonly string[];
  /**
   * Path patterns of behaviours whose function may show objects at URLs that the owner has not
   * told. If there are any, not all URLs of an object are known.
   */
  readonly untold: readonly string[];
  /** Whether objects can be purged by cache tags. */
  readonly takesTags: boolean;
  readonly description: Description;
}

export function distributionOf(id: string, told: Told, description: Description): Distribution {
  return {
    id,
    url: told.url ?? `https://${description.domainName}`,
    urls: urlRulesOf(told, description),
    errorPages: errorPagesOf(description),
    verify: told.verify,
    verificationHeaders: told.verificationHeaders,
    untold: untoldIn(told, description),
    takesTags: description.cacheTagHeader !== undefined,
    description,
  };
}

function urlRulesOf(told: Told, { rootObject, behaviours, website }: Description): UrlRules {
  const shown = showing({ behaviours });
  const [originPath = '', ...otherPaths] = new Set(shown.flatMap(({ originPaths }) => originPaths));
  const isWhole = shown.length === behaviours.length && otherPaths.length === 0;
  const further = toldUrls(told);
  return {
    originPath: otherPaths.length === 0 ? originPath : '',
    extensionless: told.extensionless ?? false,
    rootObject,
    cachesQueryStrings: shown.some(({ caching }) => caching.queryStrings),
    ...(website === undefined ? {} : websiteRules(website)),
    ...(isWhole
      ? {}
      : { behaviours: behaviours.map(({ pathPattern, originPaths }) => ({ pathPattern, originPaths })) }),
    ...(further === undefined ? {} : { told: further }),
    ...(shown.some(seesRequests) ? { rewrites: true } : {}),
  };
}

const websiteRules = ({ indexDocument, errorDocument }: Website) => ({
  indexDocument,
  showsFolders: true,
  ...(errorDocument === undefined ? {} : { errorDocument }),
});

/** Further URLs of objects, as told by the owner. A fallback is shown at any URL. */
export function toldUrls({
  urls,
  spaFallback,
}: Pick<Told, 'spaFallback'> & { readonly urls?: UrlRules['told'] }): UrlRules['told'] {
  if (spaFallback === undefined) return urls;
  return { ...urls, [spaFallback]: [...(urls?.[spaFallback] ?? []), '/*'] };
}

/**
 * Reads how a distribution shows the bucket. Each time: it may have been changed since.
 *
 * @param ids the distributions of this deployment
 * @returns a function that throws UnknownDistributionError for any other id, and
 *   UndescribedDistributionError as long as a distribution has not been described
 */
export function distributionReader(
  ids: readonly string[],
  known: Pick<KnownDistributions, 'get'>,
): (id: string) => Promise<Distribution> {
  return async id => {
    if (!ids.includes(id)) throw new UnknownDistributionError(id);
    const { told, description } = await known.get(id);
    return distributionOf(id, told, description);
  };
}
