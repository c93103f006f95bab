import { describe, expect, it } from 'vitest';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import type { FoundDistribution } from '../../../shared/sites/found-distribution.ts';
import type { KnownDistribution, SiteChange } from '../../../shared/sites/known-distribution.ts';
import { keep, MAX_ASKED_A_DAY } from '../../../shared/sites/look.ts';
import { changesOf } from '../../../shared/sites/site-changes.ts';
import { Told } from '../../../shared/sites/told.ts';
import { BUCKET, behaviourOf, distributionOf, knownIn } from '../../helpers/found-distributions.ts';

const described = (changes: Partial<FoundDistribution> = {}) => describeSite(distributionOf(changes), BUCKET);
const at = (path: string) => ({
  origins: [{ ids: ['bucket'], domainName: 'site.s3.us-east-1.amazonaws.com', path }],
});
const withDocs = (changes: Parameters<typeof behaviourOf>[0], caching = {}) => ({
  behaviours: [behaviourOf({ pathPattern: 'docs/*', ...changes }, caching), behaviourOf()],
});

describe('The changes of a distribution', () => {
  it.each<[string, Partial<FoundDistribution>, Partial<FoundDistribution>, SiteChange[]]>([
    ['an origin path', at('/v1'), at('/v2'), [{ what: 'origin path /v1 → /v2', path: '/*' }]],
    [
      'an origin',
      {},
      { behaviours: [behaviourOf({ originId: 'api' })] },
      [{ what: 'origin site.s3.us-east-1.amazonaws.com → api.example.com', path: '/*' }],
    ],
    [
      'a cache policy of one behaviour',
      withDocs({}),
      withDocs({}, { minTtlSeconds: 5 }),
      [{ what: 'policies of docs/*', path: '/docs/*' }],
    ],
    [
      'headers',
      {},
      {
        behaviours: [
          behaviourOf({
            responseHeaders: {
              set: [{ name: 'cache-control', value: 'no-cache', override: true }],
              removed: [],
            },
          }),
        ],
      },
      [{ what: 'policies', path: '/*' }],
    ],
    [
      'the code of a function',
      withDocs({ functions: [{ arn: 'f', event: 'viewer-request', version: '1' }] }),
      withDocs({ functions: [{ arn: 'f', event: 'viewer-request', version: '2' }] }),
      [{ what: 'functions of docs/*', path: '/docs/*' }],
    ],
    [
      'a new behaviour whose pattern cannot be an invalidation path',
      {},
      { behaviours: [behaviourOf({ pathPattern: '*.jpg' }), behaviourOf()] },
      [{ what: 'new behaviour *.jpg', path: '/*' }],
    ],
    ['a removed behaviour', withDocs({}), {}, [{ what: 'removed behaviour docs/*', path: '/docs/*' }]],
    [
      'an error page',
      {},
      { errorResponses: [{ errorCode: 404, responseCode: 200, pagePath: '/x.html', minTtlSeconds: 10 }] },
      [{ what: 'its custom error responses', path: '/*' }],
    ],
    [
      'a default root object',
      {},
      { rootObject: '' },
      [{ what: 'default root object index.html → none', path: '/' }],
    ],
    [
      'the order of its behaviours',
      { behaviours: ['/a/*', '/*/b'].map(pathPattern => behaviourOf({ pathPattern })) },
      { behaviours: ['/*/b', '/a/*'].map(pathPattern => behaviourOf({ pathPattern })) },
      [{ what: 'the order of its behaviours', path: '/*' }],
    ],
    ['its names', {}, { aliases: ['www.example.com'] }, []],
    [
      'a behaviour of another origin',
      {},
      { behaviours: [behaviourOf({ pathPattern: '/api/*', originId: 'api' }), behaviourOf()] },
      [],
    ],
  ])('name what changed, and what that may have made old: %s', (_, before, after, changes) => {
    expect(changesOf(described(before), described(after))).toEqual(changes);
  });
});

/** Looks at a distribution, again and again. */
function looks() {
  const known = new Map<string, KnownDistribution>();
  const sent: (readonly SiteChange[])[] = [];
  const clock = { now: new Date('2026-11-30T10:00:00Z') };
  const faults = { send: (): Promise<void> => Promise.resolve() };
  const dependencies = {
    known: knownIn(known),
    queue: {
      send: async (_: string, changes: readonly SiteChange[]) => {
        await faults.send();
        sent.push(changes);
      },
    },
    now: () => clock.now,
  };
  return {
    known,
    sent,
    clock,
    faults,
    see: (changes?: Partial<FoundDistribution>, told?: Told) =>
      keep('E1', described(changes), dependencies, told),
  };
}

const SWITCH = [{ what: 'origin path /v1 → /v2', path: '/*' }];

describe('Looking at a distribution', () => {
  it('asks for nothing at first, nor as long as nothing changes', async () => {
    const { see, sent, known } = looks();
    await see(at('/v1'), Told.parse({}));
    await see(at('/v1'));
    expect(sent).toEqual([]);
    expect(known.get('E1')?.description.behaviours[0]?.originPaths).toEqual(['/v1']);
  });

  it('keeps nothing of one that no deployment has told about', async () => {
    const { see, known } = looks();
    await see(at('/v1'));
    expect(known.size).toBe(0);
  });

  it('asks once for a refresh of what a change has made old', async () => {
    const { see, sent } = looks();
    await see(at('/v1'), Told.parse({}));
    expect(await see(at('/v2'))).toEqual(SWITCH);
    expect(await see(at('/v2'))).toEqual([]);
    expect(sent).toEqual([SWITCH]);
  });

  it('asks for it again if it failed to', async () => {
    const { see, sent, faults } = looks();
    await see(at('/v1'), Told.parse({}));
    faults.send = () => Promise.reject(new Error('no queue'));
    await expect(see(at('/v2'))).rejects.toThrow('no queue');
    faults.send = () => Promise.resolve();
    await see(at('/v2'));
    expect(sent).toEqual([SWITCH]);
  });

  it('keeps what was told until something else is', async () => {
    const { see, known } = looks();
    await see({}, Told.parse({ spaFallback: 'app.html' }));
    await see({});
    expect(known.get('E1')?.told).toMatchObject({ spaFallback: 'app.html' });
    await see({}, Told.parse({}));
    expect(known.get('E1')?.told).not.toHaveProperty('spaFallback');
  });

  it('asks a few times a day, and for the rest on the next day', async () => {
    const { see, sent, clock } = looks();
    await see(at('/v0'), Told.parse({}));
    for (let change = 1; change <= MAX_ASKED_A_DAY + 2; change++) await see(at(`/v${change}`));
    expect(sent).toHaveLength(MAX_ASKED_A_DAY);
    clock.now = new Date('2026-12-01T00:01:00Z');
    await see(at(`/v${MAX_ASKED_A_DAY + 2}`));
    expect(sent.at(-1)?.map(({ what }) => what)).toEqual(['origin path /v5 → /v6', 'origin path /v6 → /v7']);
  });

  it('loses no change to a deployment that looks at the same moment', async () => {
    const { see, sent } = looks();
    await see(at('/v1'), Told.parse({}));
    await Promise.all([see(at('/v2')), see(at('/v2'), Told.parse({ spaFallback: 'app.html' }))]);
    expect(sent.flat()).toContainEqual(SWITCH[0]);
  });
});
