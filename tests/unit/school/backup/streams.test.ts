import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from '../../../../shared/school/backup/merge.ts';
import { partsOf } from '../../../../shared/school/backup/parts.ts';

async function* stream<Value>(values: Iterable<Value>): AsyncGenerator<Value> {
  yield* values;
}

describe('Merged sources', () => {
  it('give every value once, each source in its own order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat()), { maxLength: 6 }), async sources => {
        const tagged = sources.map((values, source) => stream(values.map(value => ({ source, value }))));
        const merged: { source: number; value: number }[] = [];
        for await (const entry of merge(tagged)) merged.push(entry);
        const bySource = sources.map((_, source) =>
          merged.filter(entry => entry.source === source).map(({ value }) => value),
        );
        expect(bySource).toEqual(sources);
      }),
    );
  });

  it('are read no more than one value ahead', async () => {
    let produced = 0;
    async function* endless() {
      for (;;) {
        yield produced++;
      }
    }
    const merged = merge([endless(), endless()]);
    for (let taken = 1; taken <= 10; taken++) {
      await merged.next();
      expect(produced).toBeLessThanOrEqual(taken + 2);
    }
    await merged.return(undefined);
  });

  it('fail as one of them does, even when the reader was busy elsewhere', async () => {
    async function* failing() {
      yield 1;
      throw new Error('segment lost');
    }
    const merged = merge([failing()]);
    expect(await merged.next()).toEqual({ done: false, value: 1 });
    await new Promise(setImmediate);
    await expect(merged.next()).rejects.toThrow('segment lost');
  });
});

describe('Parts', () => {
  it('are the stream, cut at one size', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 16 }), async (content, partBytes) => {
        const parts: Uint8Array[] = [];
        for await (const part of partsOf(stream(content), partBytes)) parts.push(Uint8Array.from(part));
        expect(Buffer.concat(parts)).toEqual(Buffer.concat(content));
        expect(parts.slice(0, -1).every(part => part.length === partBytes)).toBe(true);
        expect(parts.every(part => part.length > 0)).toBe(true);
      }),
    );
  });
});
