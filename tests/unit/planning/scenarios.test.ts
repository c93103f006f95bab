import { describe, expect, it } from 'vitest';
import { decodePath } from '../../../shared/planning/path-spelling.ts';
import { planInvalidation } from '../../../shared/planning/plan.ts';
import { optimum } from '../../helpers/fewest-needless-purges.ts';
import { PEERS } from '../../helpers/peers.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { purgeOf, requiredUrls, untouchedUrls } from '../../helpers/purge.ts';
import { SCENARIOS, type Upload } from '../../helpers/scenarios.ts';

const optima = new Map(
  SCENARIOS.map(upload => [upload, optimum(requiredUrls(upload), untouchedUrls(upload))]),
);
const fewestNeedlessPurges = (upload: Upload, paths: number) => optima.get(upload)?.(paths);

const cases = SCENARIOS.flatMap(upload =>
  [1000, 5, 0].flatMap(freePaths =>
    [0, 0.0001, 0.01].map(refetch => ({
      upload,
      prices: { path: PLANNING.prices.path, freePaths, refetch },
    })),
  ),
);

describe('on nine uploads', () => {
  it.each([
    { name: 'S1', paths: 3, needlessPurges: 0 },
    { name: 'S1', paths: 2, needlessPurges: 20 },
    { name: 'S2', paths: 1, needlessPurges: 0 },
    { name: 'S3', paths: 5, needlessPurges: 188 },
    { name: 'S3', paths: 7, needlessPurges: 187 },
    { name: 'S3', paths: 8, needlessPurges: 90 },
    { name: 'S3', paths: 15, needlessPurges: 90 },
    { name: 'S3', paths: 16, needlessPurges: 0 },
    { name: 'S4', paths: 3, needlessPurges: 500 },
    { name: 'S4', paths: 4, needlessPurges: 0 },
    { name: 'S5', paths: 1, needlessPurges: 0 },
    { name: 'S6', paths: 8, needlessPurges: 603 },
    { name: 'S6', paths: 9, needlessPurges: 0 },
    { name: 'S7', paths: 1, needlessPurges: 0 },
    { name: 'S8', paths: 1, needlessPurges: 0 },
    { name: 'S9', paths: 1, needlessPurges: 0 },
  ])(
    'the optimum of $name with $paths paths has $needlessPurges needless purges',
    ({ name, paths, needlessPurges }) => {
      const upload = SCENARIOS.find(scenario => scenario.name === name);
      expect(upload && fewestNeedlessPurges(upload, paths)).toBe(needlessPurges);
    },
  );

  describe.each(cases)('$upload.name, $prices.freePaths paths free, $prices.refetch USD a refetch', row => {
    const { upload, prices } = row;
    const plan = planInvalidation({ ...PLANNING, ...upload, requestedPaths: [], prices });
    const ours = purgeOf(plan.paths.map(decodePath), upload);

    it('nothing stays stale, and the plan says what it purges needlessly', () => {
      expect(ours).toMatchObject({ stale: 0, needlessPurges: plan.needlessPurges });
    });

    it('the plan purges no more than its number of paths makes unavoidable', () => {
      expect(ours.needlessPurges).toBeLessThanOrEqual(fewestNeedlessPurges(upload, ours.paths) ?? -1);
    });

    it('the plan costs no more than any such tool, if it may purge only as much as the tool', () => {
      const dearer = PEERS.flatMap(({ name, pathsFor }) => {
        const theirs = purgeOf(pathsFor(upload.changedKeys), upload);
        if (theirs.stale > 0) return [];
        const request = { ...PLANNING, ...upload, requestedPaths: [], prices };
        const limited = planInvalidation({ ...request, maxNeedlessPurges: theirs.needlessPurges });
        const usage = { paths: limited.paths.length, needlessPurges: limited.needlessPurges };
        const isDearer = costOf(usage, prices) > costOf(theirs, prices) + ROUNDING;
        return isDearer || usage.needlessPurges > theirs.needlessPurges ? [{ name, theirs, usage }] : [];
      });
      expect(dearer).toEqual([]);
    });

    it('the plan costs no more than any tool that leaves nothing stale', () => {
      const cheaper = PEERS.map(peer => ({
        peer: peer.name,
        ...purgeOf(peer.pathsFor(upload.changedKeys), upload),
      })).filter(
        ({ stale, ...theirs }) => stale === 0 && costOf(theirs, prices) < costOf(ours, prices) - ROUNDING,
      );
      expect(cheaper).toEqual([]);
    });
  });
});

/** Sums of dollars, added in another order. */
const ROUNDING = 1e-9;

function costOf(
  { paths, needlessPurges }: { paths: number; needlessPurges: number },
  prices: { path: number; freePaths: number; refetch: number },
): number {
  return Math.max(0, paths - prices.freePaths) * prices.path + needlessPurges * prices.refetch;
}
