import fc from 'fast-check';
import { expect, it } from 'vitest';
import { playSite } from '../../helpers/play-site.ts';
import { anyHistory } from '../../helpers/random-history.ts';
import { anySite } from '../../helpers/random-site.ts';

it('Nobody gets old content on 2,000 random sites after their refreshes have ended fresh', async () => {
  await fc.assert(
    fc.asyncProperty(anySite, anyHistory, async (site, history) => {
      const { endings, outdated } = await playSite(site, history);
      expect(outdated).toEqual([]);
      expect(endings.filter(ending => ending !== 'fresh')).toEqual([]);
    }),
    { numRuns: 2000 },
  );
}, 1_200_000);
