import { describe, expect, it } from 'vitest';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import type { Website } from '../../../shared/sites/description.ts';
import { readWebsite } from '../../../shared/sites/read-website.ts';
import { changesOf } from '../../../shared/sites/site-changes.ts';
import { Told } from '../../../shared/sites/told.ts';
import { unknownsIn } from '../../../shared/sites/unknowns.ts';
import { BUCKET, distributionOf } from '../../helpers/found-distributions.ts';

const RULES = [{ Redirect: { ReplaceKeyPrefixWith: 'documents/' } }];
const described = (website?: Website) => describeSite(distributionOf(), BUCKET, website);

describe("A bucket's website", () => {
  it('has an index document, and maybe an error document and routing rules', () => {
    const index = { IndexDocument: { Suffix: 'index.htm' } };
    expect(readWebsite(index)).toEqual({ indexDocument: 'index.htm' });
    expect(readWebsite({ ...index, ErrorDocument: { Key: '404.html' }, RoutingRules: RULES })).toEqual({
      indexDocument: 'index.htm',
      errorDocument: '404.html',
      routingRules: JSON.stringify(RULES),
    });
  });

  it('that redirects every request shows nothing itself', () => {
    expect(readWebsite({})).toBeUndefined();
  });

  it('refreshes everything when what it shows for errors or redirects is another', () => {
    const website = { indexDocument: 'index.html' };
    const after = { ...website, errorDocument: '404.html', routingRules: JSON.stringify(RULES) };
    expect(changesOf(described(website), described(after))).toEqual([
      { what: 'error document none → 404.html', path: '/*' },
      { what: 'routing rules', path: '/*' },
    ]);
    expect(changesOf(described(after), described(after))).toEqual([]);
  });

  it('is not known completely if it has routing rules', () => {
    const website = { indexDocument: 'index.html', errorDocument: '404.html' };
    expect(unknownsIn(Told.parse({}), described(website))).toEqual([]);
    const withRules = described({ ...website, routingRules: JSON.stringify(RULES) });
    expect(unknownsIn(Told.parse({}), withRules)).toEqual([
      expect.stringContaining("The bucket's website has routing rules"),
    ]);
  });
});
