import { describe, expect, it } from 'vitest';
import { balanced, PEERS } from '../../helpers/peers.ts';
import { purgeOf } from '../../helpers/purge.ts';
import { SCENARIOS } from '../../helpers/scenarios.ts';

/** Paths, needlessly purged objects and stale URLs, as measured with the tools' rules elsewhere. */
const MEASURED: Readonly<Record<string, readonly string[]>> = {
  //    s3deploy   BALANCED   thu-san      63Klabs    exact only   exact+folder  /*
  S1: ['3/0/1', '3/0/1', '3/0/1', '1/20/0', '3/0/1', '4/0/0', '1/20/0'],
  S2: ['1/0/1', '1/0/1', '1/0/1', '1/0/0', '1/0/1', '2/0/0', '1/500/0'],
  S3: ['4/188/1', '4/188/1', '15/0/13', '1/490/0', '15/0/13', '28/0/0', '1/490/0'],
  S4: ['3/500/1', '3/500/1', '3/0/1', '1/500/0', '22/0/1', '23/0/0', '1/500/0'],
  S5: ['1/400/0', '1/0/0', '1/0/0', '1/0/0', '20/0/0', '20/0/0', '1/400/0'],
  S6: ['1/603/0', '1/603/0', '9/0/0', '1/603/0', '9/0/0', '9/0/0', '1/603/0'],
  S7: ['1/0/1', '1/0/0', '1/0/0', '1/0/0', '1/0/0', '1/0/0', '1/51/0'],
  S8: ['7/0/1', '1/0/0', '206/0/201', '1/0/0', '505/0/201', '706/0/0', '1/0/0'],
  S9: ['1/589/0', '1/589/0', '1/0/0', '1/0/0', '31/0/0', '31/0/0', '1/589/0'],
};

const cells = SCENARIOS.flatMap(scenario =>
  PEERS.map((peer, column) => ({ scenario, peer, measured: MEASURED[scenario.name]?.[column] })),
);

describe("another tool's rule", () => {
  it.each(cells)('$peer.name purges on $scenario.name what was measured: $measured', row => {
    const { paths, needlessPurges, stale } = purgeOf(
      row.peer.pathsFor(row.scenario.changedKeys),
      row.scenario,
    );
    expect(`${paths}/${needlessPurges}/${stale}`).toBe(row.measured);
  });

  it.each([
    {
      name: 's3deploy',
      what: 'widens a page in a folder of its own to the folder above',
      keys: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(folder => `blog/${folder}/index.html`),
      paths: ['/blog/*'],
    },
    {
      name: 's3deploy',
      what: 'keeps eight paths as they are',
      keys: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(folder => `${folder}/x.css`),
      paths: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(folder => `/${folder}/x.css`),
    },
    {
      name: 'thu-san',
      what: 'keeps ten files of a folder apart',
      keys: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map(name => `a/${name}`),
      paths: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map(name => `/a/${name}`),
    },
    {
      name: '63Klabs',
      what: 'joins four files of a folder',
      keys: ['a/about.html', 'a/contact.html', 'a/services.html', 'a/x.html', 'b.css'],
      paths: ['/b.css', '/a/*'],
    },
    {
      name: '63Klabs',
      what: 'joins eleven folders side by side',
      keys: Array.from({ length: 11 }, (_, index) => `docs/${index}/default.htm`),
      paths: ['/docs/*'],
    },
    {
      name: '63Klabs',
      what: 'drops what a folder covers',
      keys: ['a/index.html', 'a/b/c.css'],
      paths: ['/a/*'],
    },
  ])('$name $what', ({ name, keys, paths }) => {
    expect(PEERS.find(peer => peer.name === name)?.pathsFor(keys)).toEqual(paths);
  });

  it.each([
    { limit: 3, paths: ['/x', '/a/*'] },
    { limit: 2, paths: ['/x', '/a/*'] },
    { limit: 1, paths: ['/*'] },
  ])('BALANCED with at most $limit paths gives $paths', ({ limit, paths }) => {
    expect(balanced(['/x', '/a/b', '/a/c/d', '/a/c/e'], limit)).toEqual(paths);
  });
});
