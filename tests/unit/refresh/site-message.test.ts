import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidMessageError } from '../../../shared/errors.ts';
import { pathProblem } from '../../../shared/planning/path-spelling.ts';
import { planInvalidation } from '../../../shared/planning/plan.ts';
import { parseSiteMessage } from '../../../shared/refresh/site-message.ts';
import { anyText } from '../../helpers/any-text.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { formEncoded, recordOf, s3Event, TEST_EVENT } from '../../helpers/s3-messages.ts';

const BUCKET = 'site-bucket';
const parse = (message: unknown) => parseSiteMessage(JSON.stringify(message), BUCKET);
const keysOf = (message: unknown) => parse(message).objects.map(object => object.key);

const refusal = (reason: string) =>
  expect.objectContaining({ name: 'InvalidMessage', message: expect.stringContaining(reason) });

describe('an S3 event', () => {
  it('is a change of its object', () => {
    const sequencer = '0055AED6DCD90281E5';
    expect(parse(s3Event(recordOf('styles.css', { eTag: 'abc', sequencer })))).toEqual({
      objects: [
        { key: 'styles.css', removed: false, eventTime: '2026-11-02T10:00:00.500Z', sequencer, eTag: 'abc' },
      ],
      paths: [],
      ignored: [],
    });
  });

  it.each([
    { eventName: 'ObjectCreated:Put', removed: false },
    { eventName: 'ObjectCreated:Post', removed: false },
    { eventName: 'ObjectCreated:Copy', removed: false },
    { eventName: 'ObjectCreated:CompleteMultipartUpload', removed: false },
    { eventName: 'ObjectRemoved:Delete', removed: true },
    { eventName: 'ObjectRemoved:DeleteMarkerCreated', removed: true },
    { eventName: 'LifecycleExpiration:Delete', removed: true },
    { eventName: 'LifecycleExpiration:DeleteMarkerCreated', removed: true },
  ])('$eventName counts, removed: $removed', ({ eventName, removed }) => {
    expect(parse(s3Event(recordOf('a.html', { eventName }))).objects).toEqual([
      expect.objectContaining({ key: 'a.html', removed }),
    ]);
  });

  it.each([
    {
      what: 'an upload names the version that it wrote',
      eventName: 'ObjectCreated:Put',
      versionId: 'v2',
      change: { removed: false, versionId: 'v2' },
    },
    {
      what: 'a delete marker removes the object',
      eventName: 'ObjectRemoved:DeleteMarkerCreated',
      versionId: 'v2',
      change: { removed: true, versionId: 'v2' },
    },
    {
      what: 'the deletion of a version may leave an older one',
      eventName: 'ObjectRemoved:Delete',
      versionId: 'v2',
      change: { removed: false, versionId: 'v2', deletesVersion: true },
    },
    {
      what: 'the deletion of a null version may leave another one',
      eventName: 'ObjectRemoved:Delete',
      versionId: 'null',
      change: { removed: false, deletesVersion: true },
    },
    {
      what: 'the upload of a null version names none: the next one has the same id',
      eventName: 'ObjectCreated:Put',
      versionId: 'null',
      change: { removed: false },
    },
  ])('in a bucket with versions: $what', ({ eventName, versionId, change }) => {
    const { eventTime, sequencer, eTag, key, ...told } =
      parse(s3Event(recordOf('a.html', { eventName, versionId }))).objects[0] ?? {};
    expect(told).toEqual(change);
  });

  it('about the expiry of an old version asks for nothing', () => {
    const expiry = recordOf('a b.html', { eventName: 'LifecycleExpiration:Delete', versionId: 'v1' });
    expect(parse(s3Event(expiry))).toEqual({
      objects: [],
      paths: [],
      ignored: ['the expiry of an old version of a b.html'],
    });
  });

  it.each([
    'ObjectTagging:Put',
    'ObjectAcl:Put',
    'ObjectRestore:Completed',
    'Replication:OperationFailedReplication',
  ])('%s changes nothing that viewers see, and is ignored', eventName => {
    const message = parse(s3Event(recordOf('a.html', { eventName })));
    expect(message.objects).toEqual([]);
    expect(message.ignored).toEqual([`an event that changes no content, ${eventName}`]);
  });

  it.each([
    { encoded: 'red+flower.jpg', key: 'red flower.jpg' },
    { encoded: 'a%2Bb.txt', key: 'a+b.txt' },
    { encoded: 'caf%C3%A9/%23x.html', key: 'café/#x.html' },
    { encoded: 'cafe%CC%81.html', key: 'cafe\u0301.html' },
    { encoded: '100%25.txt', key: '100%.txt' },
    { encoded: 'a%252Fb', key: 'a%2Fb' },
    { encoded: 'vendors~about.js', key: 'vendors~about.js' },
    { encoded: '%F0%9F%98%80.png', key: '😀.png' },
    { encoded: 'docs/index.html', key: 'docs/index.html' },
  ])('with the encoded key $encoded is about $key', ({ encoded, key }) => {
    const record = recordOf('any');
    expect(keysOf(s3Event({ ...record, s3: { ...record.s3, object: { key: encoded } } }))).toEqual([key]);
  });

  it.each([
    { what: 'a stray percent sign', encoded: '100%.txt' },
    { what: 'bytes that are not UTF-8', encoded: '%FF%FE.txt' },
    { what: 'half a character', encoded: 'a\uD800' },
    { what: 'more bytes than S3 allows', encoded: 'k'.repeat(1025) },
  ])('whose key has $what is refused', ({ encoded }) => {
    const record = recordOf('any');
    const message = s3Event({ ...record, s3: { ...record.s3, object: { key: encoded } } });
    expect(() => parse(message)).toThrow(refusal('is not URL-encoded UTF-8'));
  });

  it('is read whatever key it is about', () => {
    fc.assert(
      fc.property(anyObjectKey(), key => {
        expect(keysOf(s3Event(recordOf(key)))).toEqual([key]);
      }),
    );
  });

  it.each(['2.0', '2.1', '2.6', '2.99'])(
    'of version %s is understood: a minor version only adds',
    eventVersion => {
      const record = { ...recordOf('a.html'), eventVersion, newField: { nested: true } };
      expect(keysOf(s3Event(record))).toEqual(['a.html']);
    },
  );

  it.each(['1.0', '3.0', '20.1', ''])('of version "%s" is refused', eventVersion => {
    expect(() => parse(s3Event({ ...recordOf('a.html'), eventVersion }))).toThrow(refusal('event version'));
  });

  it.each(['2001:db8::1', 'cloudformation.amazonaws.com', ''])('may come from "%s"', sourceIPAddress => {
    const record = { ...recordOf('a.html'), requestParameters: { sourceIPAddress } };
    expect(keysOf(s3Event(record))).toEqual(['a.html']);
  });

  it('needs neither ETag nor sequencer, as removals have none', () => {
    const record = recordOf('a.html', { eventName: 'ObjectRemoved:Delete' });
    const { eTag: _, sequencer: __, ...object } = record.s3.object;
    expect(parse(s3Event({ ...record, s3: { ...record.s3, object } })).objects).toEqual([
      { key: 'a.html', removed: true, eventTime: '2026-11-02T10:00:00.500Z', sequencer: '' },
    ]);
  });

  it('whose sequencer is no hexadecimal number is refused, for it orders the changes', () => {
    expect(() => parse(s3Event(recordOf('a.html', { sequencer: 'later' })))).toThrow(InvalidMessageError);
  });

  it('of another bucket is ignored', () => {
    const message = parseSiteMessage(JSON.stringify(s3Event(recordOf('a.html'))), 'other-bucket');
    expect(message).toMatchObject({ objects: [], ignored: ['an event of another bucket, site-bucket'] });
  });

  it('is read beside records of other sources, which are ignored', () => {
    const message = parse(s3Event({ eventSource: 'aws:sns' }, recordOf('a.html')));
    expect(message.objects.map(object => object.key)).toEqual(['a.html']);
    expect(message.ignored).toEqual(['a record of aws:sns']);
  });

  it('with a record of S3 that lacks its object is refused', () => {
    expect(() => parse(s3Event({ ...recordOf('a.html'), s3: {} }))).toThrow(InvalidMessageError);
  });
});

describe('a message without changes', () => {
  it('is the test event, which S3 sends when notifications are configured', () => {
    expect(parse(TEST_EVENT)).toMatchObject({
      objects: [],
      paths: [],
      ignored: [expect.stringContaining('test event')],
    });
  });

  it('is a notification without records', () => {
    expect(parse(s3Event())).toMatchObject({
      objects: [],
      paths: [],
      ignored: ['a notification without records'],
    });
  });
});

describe('A manual request', () => {
  it.each([[['/*']], [['/docs/*', '/', '/a%20b.html']]])('for %j requests exactly these paths', paths => {
    expect(parse({ paths })).toEqual({ objects: [], paths, ignored: [] });
  });

  it('may be for cache tags, whose case does not count', () => {
    const { paths, tags } = parse({ tags: ['Product:1', 'product:1', '100%'], paths: ['/a'] });
    expect({ paths, tags }).toEqual({ paths: ['/a'], tags: ['product:1', '100%'] });
    expect(parse({ tags: ['a'] })).toEqual({ objects: [], paths: [], tags: ['a'], ignored: [] });
  });

  it.each([
    { request: { paths: ['index.html'] }, because: 'begin with /' },
    { request: { paths: ['/ok', '/not ok'] }, because: '"/not ok"' },
    { request: { paths: ['/a*b'] }, because: 'last character' },
    { request: { paths: [] }, because: 'nor {"paths"' },
    { request: { paths: [1] }, because: 'nor {"paths"' },
    { request: { tags: ['two words'] }, because: 'Bad tag "two words"' },
    { request: { tags: [] }, because: 'nor {"tags"' },
    { request: { paths: '/*' }, because: 'nor {"paths"' },
    { request: { paths: ['/*'], distribution: 'E1' }, because: 'nor {"paths"' },
    { request: { path: '/*' }, because: 'nor {"paths"' },
    { request: { paths: new Array(3001).fill('/a') }, because: 'nor {"paths"' },
  ])('that is wrong is refused: $because', ({ request, because }) => {
    expect(() => parse(request)).toThrow(refusal(because));
  });
});

describe('any other message', () => {
  it.each(['', 'hello', '{', 'null', '42', '"text"', '[]', '{}', '{"Records":null}', '{"Records":[null]}'])(
    '%s is refused',
    body => expect(() => parseSiteMessage(body, BUCKET)).toThrow(InvalidMessageError),
  );

  /** JSON that begins to look right: the more of it fits, the deeper it is read. */
  const almostEvent = fc
    .record({
      key: fc.oneof(
        fc.string({ unit: fc.constantFrom('a', '%', '2', 'C', '+', '\uD83D', '\uDE00', '/') }),
        fc.jsonValue(),
      ),
      eventName: fc.constantFrom('ObjectCreated:Put', 'ObjectRemoved:Delete', ''),
      eventVersion: fc.constantFrom('2.1', '3', 'x'),
      sequencer: fc.oneof(fc.constant('00'), fc.jsonValue()),
    })
    .map(({ key, sequencer, ...record }) => {
      const event = recordOf('any');
      return s3Event({ ...event, ...record, s3: { ...event.s3, object: { key, sequencer } } });
    });

  it('is read or refused, never anything else, and what is read can be planned', () => {
    const anything = fc.oneof(almostEvent, fc.jsonValue(), fc.record({ paths: fc.array(fc.string()) }));
    fc.assert(
      fc.property(anything, message => {
        try {
          const { objects, paths } = parse(message);
          const planned = planInvalidation({
            changedKeys: objects.map(object => object.key),
            requestedPaths: paths,
            siteKeys: [],
            ...PLANNING,
          });
          expect(planned.paths.map(pathProblem)).toEqual(planned.paths.map(() => undefined));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidMessageError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never breaks the reader, even when it is not JSON', () => {
    fc.assert(
      fc.property(anyText(), body => {
        fc.pre(!isJson(body));
        expect(() => parseSiteMessage(body, BUCKET)).toThrow(InvalidMessageError);
      }),
    );
  });
});

it('the encoding of these tests is the form encoding of S3', () => {
  expect(formEncoded('red flower+café/~.jpg')).toBe('red+flower%2Bcaf%C3%A9/~.jpg');
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
