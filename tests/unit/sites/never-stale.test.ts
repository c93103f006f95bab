import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { playSite } from '../../helpers/play-site.ts';
import { anyHistory } from '../../helpers/random-history.ts';
import { anySite, type RandomSite } from '../../helpers/random-site.ts';
import type { Known } from '../../helpers/site-in-process.ts';

describe('On any site whose mapping is told, while its origins answer', () => {
  it('every refresh ends fresh, and nobody gets old content afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(anySite, anyHistory, async (site, history) => {
        const { endings, outdated } = await playSite(site, history);
        expect(outdated).toEqual([]);
        expect(endings.filter(ending => ending !== 'fresh')).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

/** A change of what the pipeline knows of each behaviour. */
const everyBehaviour =
  (change: (behaviour: Known['description']['behaviours'][number]) => object) =>
  ({ told, description }: Known): Known => ({
    told,
    description: {
      ...description,
      behaviours: description.behaviours.map(behaviour => ({ ...behaviour, ...change(behaviour) })),
    },
  });

interface Fault {
  readonly misunderstood: (known: Known) => Known;
  /** Sites that it matters for. */
  readonly matters: (site: RandomSite) => boolean;
  readonly noticedBy: 'visitors' | 'verification';
}

/** What the pipeline misunderstands. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a mapping is left out': {
    misunderstood: ({ told, description }) => ({ told: { ...told, urls: {} }, description }),
    matters: ({ atOrigin }) => atOrigin !== undefined,
    noticedBy: 'visitors',
  },
  'variants by query string are missed': {
    misunderstood: everyBehaviour(({ caching }) => ({ caching: { ...caching, queryStrings: false } })),
    matters: () => true,
    noticedBy: 'visitors',
  },
  'error pages are forgotten': {
    misunderstood: ({ told, description }) => ({ told, description: { ...description, errorResponses: [] } }),
    matters: ({ config }) => JSON.stringify(config['CustomErrorResponses']).includes('Path'),
    noticedBy: 'visitors',
  },
  'the error document of a website is forgotten': {
    misunderstood: ({ told, description: { website, ...description } }) => ({
      told,
      description: {
        ...description,
        ...(website === undefined ? {} : { website: { indexDocument: website.indexDocument } }),
      },
    }),
    matters: ({ website }) => website?.errorDocument !== undefined,
    noticedBy: 'visitors',
  },
  'origin paths are ignored': {
    misunderstood: everyBehaviour(({ originPaths }) => ({ originPaths: originPaths.slice(0, 1).fill('') })),
    matters: () => true,
    noticedBy: 'verification',
  },
};

describe('The model notices it if', () => {
  it.each(Object.entries(FAULTS))('%s', async (_, { misunderstood, matters, noticedBy }) => {
    const { failed } = await fc.check(
      fc.asyncProperty(anySite.filter(matters), anyHistory, async (site, history) => {
        const { endings, outdated } = await playSite(site, history, misunderstood);
        return noticedBy === 'visitors' ? outdated.length === 0 : !endings.includes('failed');
      }),
      // The same ones each time: a fault may matter rarely.
      { numRuns: 500, seed: 1, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });
});
