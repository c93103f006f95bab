import { expect } from 'vitest';
import type { UrlRules } from '../../../shared/planning/viewer-urls.ts';
import type { Changes, Refresh, Verification } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import type { Verified } from '../../../shared/refresh/unchanged.ts';
import { verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';

/** The refresh that is verified. */
export const REFRESH: Refresh = {
  id: 'r1',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'invalidating',
  generation: 1,
  plans: 1,
  startedAt: '2026-11-02T10:00:00.000Z',
  plan: planOf(['/a.css'], { mark: 'm1' }),
};

/**
 * An object as S3 and the edge show it; `changeOf` uploads happen half a second after its last
 * write.
 */
export function objectOf(content: string, headers: Record<string, string> = {}): Served {
  return { lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT', headers: { etag: `"${content}"`, ...headers } };
}

/** When an object was last written, if it was written again. */
export const LATER = 'Mon, 02 Nov 2026 10:00:07 GMT';

/** An object as it was before its last write. */
export function formerly(content: string, headers: Record<string, string> = {}): Served {
  return { ...objectOf(content, headers), lastModified: 'Mon, 02 Nov 2026 09:00:00 GMT' };
}

/** A bucket and an edge in front of it. Whatever is written to either shows at once. */
export function site(
  objects: Record<string, Served>,
  rules: Partial<UrlRules> = {},
  errorPages: string[] = [],
) {
  const bucket = new Map(Object.entries(objects));
  const edge = new Map(Object.entries(objects).map(([key, served]) => [`/${key}`, served]));
  const asked: string[] = [];
  const recorded: (string | Verification)[] = [];
  const remembered: Record<string, Verified> = {};
  let onEdgeRead = () => {};
  return {
    bucket,
    edge,
    asked,
    recorded,
    /** What was remembered as verified, by key and mark. */
    remembered,
    /** Runs something while the edge is being asked. */
    whileAsking: (action: () => void) => {
      onEdgeRead = action;
    },
    verify: (changes: Partial<Changes>, refresh: Refresh | undefined = REFRESH) =>
      verifyEdge('r1', {
        refreshes: {
          get: async () => refresh,
          changesOf: async () => ({ objects: [], paths: [], ...changes }),
          recordVerifying: async () => void recorded.push('verifying'),
          recordVerification: async (_, verification) => void recorded.push(verification),
        },
        records: {
          recordVerified: async ({ key }, mark, verified) => {
            remembered[`${key} ${mark}`] = verified;
          },
        },
        origin: { head: async key => bucket.get(key), keys: async () => [...bucket.keys()] },
        edge: {
          head: async path => {
            asked.push(path);
            const shown = edge.get(path);
            onEdgeRead();
            return shown;
          },
        },
        urls: { ...PLANNING.urls, ...rules },
        errorPages,
      }),
  };
}

/** The error of an edge that is stale at these URLs. */
export const stale = (...urls: string[]) => expect.objectContaining({ name: 'EdgeStale', urls });
