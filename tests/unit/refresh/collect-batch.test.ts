import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortBatch } from '../../../shared/refresh/collect-batch.ts';
import { recordOf, s3Event, TEST_EVENT } from './s3-messages.ts';

const sort = (...bodies: unknown[]) =>
  sortBatch(
    bodies.map((body, at) => ({
      messageId: `message-${at}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })),
    'site-bucket',
  );

describe('a batch of messages', () => {
  it('is the union of its changes', () => {
    const { changes, refused, ignored } = sort(
      s3Event(recordOf('a.html')),
      s3Event(recordOf('b.html'), recordOf('c.html')),
      { paths: ['/docs/*', '/x'] },
      { paths: ['/x'] },
    );
    expect(changes.objects.map(object => object.key)).toEqual(['a.html', 'b.html', 'c.html']);
    expect(changes.paths).toEqual(['/docs/*', '/x']);
    expect([...refused, ...ignored]).toEqual([]);
  });

  it('keeps every event of an object, for each tells of a version that was served', () => {
    const { changes } = sort(
      s3Event(recordOf('a.html', { sequencer: '0055', eTag: 'old' })),
      s3Event(recordOf('a.html', { sequencer: '005501', eventName: 'ObjectRemoved:Delete' })),
      s3Event(recordOf('a.html', { sequencer: '0054FFFFFF', eTag: 'older' })),
    );
    expect(changes.objects.map(({ sequencer }) => sequencer)).toEqual(['0055', '005501', '0054FFFFFF']);
  });

  it('names the messages that it refuses and the parts that it ignores, with reasons', () => {
    const { refused, ignored } = sort(TEST_EVENT, 'no json', s3Event(), { paths: ['no slash'] });
    expect(refused).toEqual([
      { messageId: 'message-1', reason: 'The message is not JSON' },
      { messageId: 'message-3', reason: expect.stringContaining('begin with /') },
    ]);
    expect(ignored.map(part => part.messageId)).toEqual(['message-0', 'message-2']);
  });

  it('loses no good message to a bad one, wherever it stands', () => {
    const bad = fc.constantFrom('', '{', 'null', '{"paths":["x"]}', '{"Records":[{"eventSource":"aws:s3"}]}');
    const good = fc.nat(20).map(number => s3Event(recordOf(`${number}.html`)));
    fc.assert(
      fc.property(fc.array(fc.oneof(bad, good), { maxLength: 10 }), bodies => {
        const { changes, refused } = sort(...bodies);
        const goodBodies = bodies.filter(body => typeof body !== 'string');
        expect(changes).toEqual(sort(...goodBodies).changes);
        expect(refused).toHaveLength(bodies.length - goodBodies.length);
      }),
    );
  });
});
