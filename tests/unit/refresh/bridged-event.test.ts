import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidMessageError } from '../../../shared/errors.ts';
import { parseSiteMessage } from '../../../shared/refresh/site-message.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';
import { bridgedEvent, recordOf, s3Event } from '../../helpers/s3-messages.ts';

const parse = (message: unknown, bucket = 'site-bucket') => parseSiteMessage(JSON.stringify(message), bucket);

const withObject = (object: object) => bridgedEvent('any', { detail: { object } });

describe('An event of S3 by way of EventBridge', () => {
  it('is a change of its object', () => {
    const sequencer = '617f08299329d189';
    expect(parse(bridgedEvent('styles.css', { etag: 'abc', sequencer }))).toEqual({
      objects: [
        { key: 'styles.css', removed: false, eventTime: '2026-11-02T10:00:00Z', sequencer, eTag: 'abc' },
      ],
      paths: [],
      ignored: [],
    });
  });

  it.each([
    { type: 'Object Created', detail: { reason: 'PutObject' }, removed: false },
    { type: 'Object Created', detail: { reason: 'POST Object' }, removed: false },
    { type: 'Object Created', detail: { reason: 'CompleteMultipartUpload' }, removed: false },
    {
      type: 'Object Deleted',
      detail: { reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' },
      removed: true,
    },
    {
      type: 'Object Deleted',
      detail: { reason: 'DeleteObject', 'deletion-type': 'Delete Marker Created' },
      removed: true,
    },
    {
      type: 'Object Deleted',
      detail: { reason: 'Lifecycle Expiration', 'deletion-type': 'Permanently Deleted' },
      removed: true,
    },
  ])('of the type $type counts, removed: $removed ($detail.reason)', ({ type, detail, removed }) => {
    expect(parse(bridgedEvent('a.html', { type, detail })).objects).toEqual([
      expect.objectContaining({ key: 'a.html', removed }),
    ]);
  });

  it.each([
    'Object Tags Added',
    'Object ACL Updated',
    'Object Restore Completed',
    'Object Access Tier Changed',
  ])('of the type %s changes nothing that viewers see, and is ignored', type => {
    expect(parse(bridgedEvent('a.html', { type }))).toEqual({
      objects: [],
      paths: [],
      ignored: [`an event that changes no content, ${type}`],
    });
  });

  it('of another bucket is ignored', () => {
    expect(parse(bridgedEvent('a.html'), 'other-bucket')).toMatchObject({
      objects: [],
      ignored: ['an event of another bucket, site-bucket'],
    });
  });

  it.each(['red flower.jpg', 'red+flower.jpg', 'a%2Bb.txt', '100%.txt', 'café/#x.html', '😀.png'])(
    'means the key %s as it is written',
    key => {
      expect(parse(bridgedEvent(key)).objects).toMatchObject([{ key }]);
    },
  );

  const KINDS = [
    ['ObjectCreated:Put', 'Object Created', {}],
    ['ObjectRemoved:Delete', 'Object Deleted', { 'deletion-type': 'Permanently Deleted' }],
    ['ObjectRemoved:DeleteMarkerCreated', 'Object Deleted', { 'deletion-type': 'Delete Marker Created' }],
    [
      'LifecycleExpiration:Delete',
      'Object Deleted',
      { 'deletion-type': 'Permanently Deleted', reason: 'Lifecycle Expiration' },
    ],
    [
      'LifecycleExpiration:DeleteMarkerCreated',
      'Object Deleted',
      { 'deletion-type': 'Delete Marker Created', reason: 'Lifecycle Expiration' },
    ],
  ] as const;

  it('means what the notification about it means, whatever its kind, its key and its version', () => {
    const versionIds = fc.option(fc.constantFrom('null', '', 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e'));
    fc.assert(
      fc.property(
        anyObjectKey(),
        fc.constantFrom(...KINDS),
        versionIds,
        (key, [eventName, type, detail], id) => {
          const version = id === null ? {} : { versionId: id };
          const record = recordOf(key, { eventName, ...version });
          const told = parse(s3Event(record));
          const event = bridgedEvent(key, { type, detail: { reason: 'DeleteObject', ...detail } });
          const { object } = event.detail;
          const bridged = parse({
            ...event,
            // A notification tells the time to the millisecond.
            time: record.eventTime,
            detail: { ...event.detail, object: id === null ? object : { ...object, 'version-id': id } },
          });
          expect(bridged).toEqual(told);
        },
      ),
    );
  });

  it('needs neither ETag nor sequencer, as removals have none', () => {
    expect(parse(withObject({ key: 'a.html' })).objects).toEqual([
      { key: 'a.html', removed: false, eventTime: '2026-11-02T10:00:00Z', sequencer: '' },
    ]);
  });

  it.each(['1.0', '1.1', '1.99'])('of version %s is understood: a minor version only adds', version => {
    const detail = { 'event-version': version, newField: { nested: true } };
    expect(parse(bridgedEvent('a.html', { detail })).objects).toHaveLength(1);
  });

  it('without a version is understood, as the first ones were', () => {
    const { detail, ...event } = bridgedEvent('a.html');
    const { 'event-version': _, ...older } = detail;
    expect(parse({ ...event, detail: older }).objects).toHaveLength(1);
  });

  it.each([
    ['a version that nobody knows', bridgedEvent('a.html', { detail: { 'event-version': '2.0' } })],
    ['a key that is longer than S3 allows', bridgedEvent('k'.repeat(1025))],
    ['a key with half a character', bridgedEvent('a\uD800')],
    ['a sequencer that is no hexadecimal number', withObject({ key: 'a.html', sequencer: 'later' })],
    ['an object without a key', withObject({ etag: 'abc' })],
    ['no bucket', bridgedEvent('a.html', { detail: { bucket: {} } })],
  ])('with %s is refused', (_, event) => {
    expect(() => parse(event)).toThrow(InvalidMessageError);
  });

  it('is read or refused, never anything else', () => {
    const almost = fc
      .record({
        key: fc.jsonValue(),
        type: fc.constantFrom('Object Created', 'Object Deleted', ''),
        sequencer: fc.jsonValue(),
        'event-version': fc.jsonValue(),
      })
      .map(({ key, type, sequencer, ...detail }) =>
        bridgedEvent('any', { type, detail: { ...detail, object: { key, sequencer } } }),
      );
    fc.assert(
      fc.property(almost, event => {
        try {
          expect(parse(event).objects.length).toBeLessThan(2);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidMessageError);
        }
      }),
    );
  });
});
