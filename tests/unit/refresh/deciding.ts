import { expect } from 'vitest';
import { isAskedEachTime, type Ttls } from '../../../shared/refresh/asked-each-time.ts';
import type { ErrorPages } from '../../../shared/refresh/error-pages.ts';
import type { Change } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { markChanged } from '../../../shared/refresh/unchanged.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { NO_ERROR_PAGES } from '../../helpers/planning.ts';
import { createMemoryRecords } from './memory-records.ts';

export const THEN = 'Mon, 02 Nov 2026 10:00:00 GMT';
const NOW = 'Mon, 02 Nov 2026 12:00:00 GMT';

export const PLANNING = { refreshId: 'r1', mark: 'm1' };

export const objectOf = (
  content: string,
  headers: Record<string, string> = {},
  lastModified = NOW,
): Served => ({
  headers: { etag: `"${content}"`, ...headers },
  lastModified,
});
export const upload = (sequencer: string, eTag = 'same') => changeOf('a.css', { sequencer, eTag });
export const removal = (sequencer: string) => changeOf('a.css', { sequencer, removed: true });
const TTLS: Ttls = { minTtlSeconds: 0, defaultTtlSeconds: 86_400, maxTtlSeconds: 31_536_000 };

/**
 * What is decided about `a.css`. Its event 05 was planned before, and verified as `verified` if
 * that is given.
 */
export async function decide({
  verified,
  events,
  bucket,
  honoursNoStore = true,
  errorPages = NO_ERROR_PAGES,
  shown,
}: {
  verified?: Served | 'absent' | undefined;
  events: readonly Change[];
  bucket: Served | undefined;
  honoursNoStore?: boolean;
  errorPages?: ErrorPages;
  /** What the edge showed instead of the stored headers. */
  shown?: readonly string[];
}) {
  const records = createMemoryRecords();
  await records.mark(upload('05'), 'm0');
  const seen = verified === 'absent' ? undefined : verified;
  const known = { ...verifiedFrom(seen), ...(shown === undefined ? {} : { shown }) };
  if (verified !== undefined) await records.recordVerified(upload('05'), 'm0', known);
  let reads = 0;
  const objects = {
    head: async () => {
      reads++;
      return bucket;
    },
  };
  const { changedKeys, skipped, pages } = await markChanged(events, PLANNING, {
    records,
    objects,
    isAskedEachTime: (_, object) =>
      isAskedEachTime(object, { ...TTLS, minTtlSeconds: honoursNoStore ? 1 : 60 }),
    errorPages,
  });
  const [reason = 'purged'] = Object.entries(skipped).flatMap(([name, count]) => (count > 0 ? [name] : []));
  expect(changedKeys).toEqual(reason === 'purged' ? ['a.css'] : []);
  return { reason, reads, pages, record: records.peek('a.css') };
}
