import { describe, expect, it } from 'vitest';
import { askedEachTimeBy } from '../../../shared/refresh/asked-each-time.ts';
import { behavioursShowing } from '../../../shared/refresh/behaviours-showing.ts';
import { distributionOf } from '../../../shared/refresh/distribution.ts';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import type { FoundBehaviour } from '../../../shared/sites/found-distribution.ts';
import { Told } from '../../../shared/sites/told.ts';
import { BUCKET, behaviourOf, distributionOf as found } from '../../helpers/found-distributions.ts';

const ASSETS = behaviourOf({ pathPattern: '/assets/*' }, { minTtlSeconds: 60 });
const API = behaviourOf({ pathPattern: '/api/*', originId: 'api' });
const PAGES = behaviourOf();
const at = (event: 'viewer-request' | 'viewer-response' | 'origin-response') => [
  { arn: 'f', event, version: '1' },
];

function read(behaviours: readonly FoundBehaviour[], told: Partial<Told> = {}) {
  return distributionOf('E1', Told.parse(told), describeSite(found({ behaviours }), BUCKET));
}

describe('An object is shown by', () => {
  const patternsOf = (key: string, behaviours: readonly FoundBehaviour[], told: Partial<Told> = {}) => {
    const { description, urls } = read(behaviours, told);
    return behavioursShowing(description, urls)(key).map(({ pathPattern }) => pathPattern);
  };

  it.each<{
    what: string;
    key: string;
    behaviours?: readonly FoundBehaviour[];
    told?: Partial<Told>;
    by: string[];
  }>([
    { what: 'the first behaviour that matches its URL', key: 'assets/a.css', by: ['/assets/*'] },
    { what: 'the default behaviour if no other matches', key: 'index.html', by: ['*'] },
    {
      what: 'each behaviour that one of its URLs belongs to',
      key: 'docs/index.html',
      behaviours: [behaviourOf({ pathPattern: '*.html' }), PAGES],
      by: ['*.html', '*'],
    },
    {
      what: 'each behaviour of the URLs that were told',
      key: 'assets/a.css',
      told: { urls: { 'assets/a.css': ['/style'] } },
      by: ['/assets/*', '*'],
    },
    {
      what: 'any behaviour if a wildcard was told',
      key: 'assets/a.css',
      told: { urls: { 'assets/*': ['/variants/$1*'] } },
      by: ['/assets/*', '*'],
    },
    {
      what: 'any behaviour if it has no URL that is known',
      key: 'api/a.json',
      behaviours: [ASSETS, API, PAGES],
      by: ['/assets/*', '*'],
    },
    {
      what: 'a behaviour whose function sees requests, too',
      key: 'index.html',
      behaviours: [{ ...ASSETS, functions: at('viewer-request') }, PAGES],
      by: ['/assets/*', '*'],
    },
    {
      what: 'no behaviour more because of a function that sees answers alone',
      key: 'index.html',
      behaviours: [{ ...ASSETS, functions: at('viewer-response') }, PAGES],
      by: ['*'],
    },
  ])('$what', ({ key, behaviours = [ASSETS, API, PAGES], told, by }) => {
    expect(patternsOf(key, behaviours, told)).toEqual(by);
  });
});

describe('A key is asked for each time', () => {
  const isAsked = (key: string, behaviours: readonly FoundBehaviour[]) => {
    const { description, urls } = read(behaviours);
    return askedEachTimeBy(description, urls)(key, { cacheControl: 'no-cache' });
  };

  it('by the TTLs of the behaviour that shows it, whatever those of others', () => {
    const keys = ['index.html', 'assets/a.css'];
    expect(keys.map(key => isAsked(key, [ASSETS, API, PAGES]))).toEqual([true, false]);
  });

  it('unless a function at the origin of that behaviour may change its headers', () => {
    const behaviours = [ASSETS, { ...PAGES, functions: at('origin-response') }];
    expect(isAsked('index.html', behaviours)).toBe(false);
    const others = [{ ...ASSETS, functions: at('origin-response') }, PAGES];
    expect(isAsked('index.html', others)).toBe(true);
  });
});
