import { describe, expect, it } from 'vitest';
import type { Edge, EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import {
  ignoringMetadataAt,
  ignoringMetadataOf,
  metadataNameProblem,
  USUALLY_IGNORED_METADATA,
} from '../../../shared/refresh/ignored-metadata.ts';
import { isSame } from '../../../shared/refresh/served.ts';
import type { SiteObjects } from '../../../shared/refresh/unchanged.ts';
import { decide, objectOf, THEN, upload } from './deciding.ts';
import { answerOf } from './scripted-site.ts';

/** An object with some metadata, as the bucket is read without what is ignored. */
function read(metadata: Record<string, string>, lastModified?: string) {
  const headers = Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
  );
  const site: SiteObjects = { head: async () => objectOf('same', headers, lastModified) };
  return ignoringMetadataOf(site, USUALLY_IGNORED_METADATA).head('a.css');
}

describe('An object whose metadata alone was written again', () => {
  const reasonOf = async (before: Record<string, string>, after: Record<string, string>) => {
    const verified = await read(before, THEN);
    return (await decide({ verified, events: [upload('06')], bucket: await read(after) })).reason;
  };

  it.each([...USUALLY_IGNORED_METADATA])('costs no path if that is %s', async name => {
    expect(await reasonOf({ [name]: '1' }, { [name]: '2' })).toBe('unchanged');
    expect(await reasonOf({}, { [name]: '2' })).toBe('unchanged');
  });

  it('is purged if any other metadata changed beside it', async () => {
    expect(await reasonOf({ mtime: '1', owner: 'Ann' }, { mtime: '2', owner: 'Bob' })).toBe('purged');
    expect(await reasonOf({ 'my-mtime': '1' }, { 'my-mtime': '2' })).toBe('purged');
  });
});

describe('An edge', () => {
  const asking = (answer: EdgeAnswer): Edge => ({ host: 'www.example.com', ask: async () => answer });
  const ask = (answer: EdgeAnswer) =>
    ignoringMetadataAt(asking(answer), ['mtime']).ask('/a.css', { form: 'browser', withBody: false });

  it('that shows former values of ignored metadata shows the object', async () => {
    const answer = await ask(
      answerOf(objectOf('same', { 'x-amz-meta-mtime': '1', 'x-amz-meta-owner': 'Ann' })),
    );
    const shown = answer.kind === 'object' ? answer.served : undefined;
    expect(isSame(shown, objectOf('same', { 'x-amz-meta-owner': 'Ann' }))).toBe(true);
    expect(isSame(shown, objectOf('same', { 'x-amz-meta-owner': 'Bob' }))).toBe(false);
  });

  it('that shows no object is told as it answers', async () => {
    expect(await ask(answerOf(undefined))).toEqual(answerOf(undefined));
  });
});

it.each([
  ['mtime', undefined],
  ['X-Amz-Meta-mtime', 'must be named without x-amz-meta-, not "X-Amz-Meta-mtime"'],
  ['', 'must be names of metadata, not ""'],
  ['a b', 'must be names of metadata, not "a b"'],
])('As the name of metadata, %j: %s', (name, problem) => {
  expect(metadataNameProblem(name)).toBe(problem);
});
