import { cbor } from '@smithy/core/cbor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CborValue, decodeCbor, encodeCbor } from '../../../../infra/local/services/cloudwatch/cbor.ts';

const WHOLE = fc.integer({ min: -(2 ** 31), max: 2 ** 31 });

it('reads what an SDK writes', () => {
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      WHOLE,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 30 }),
      fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, sent => {
      expect(decodeCbor(Buffer.from(cbor.serialize(sent)))).toEqual(sent);
    }),
  );
});

it('writes what an SDK reads, dates too', () => {
  const sent: CborValue = {
    text: 'Nguyễn',
    numbers: [0, 23, 24, 255, 256, 65_536, -1, -300, 0.5, 2 ** 40],
    flags: [true, false, null],
    nested: { empty: {}, list: [] },
  };
  expect(cbor.deserialize(new Uint8Array(encodeCbor(sent)))).toEqual(sent);
  const at = new Date('2026-11-22T08:19:46.500Z');
  expect(cbor.deserialize(new Uint8Array(encodeCbor({ at })))).toMatchObject({
    at: { tag: 1, value: at.getTime() / 1000 },
  });
});

it('reads lists and maps whose length is not told', () => {
  expect(decodeCbor(Buffer.from('bf61619f0102ff6162f5ff', 'hex'))).toEqual({ a: [1, 2], b: true });
});

it.each(['4101', 'fb3ff0000000000000', '7f6161ff'])('refuses %s', hex => {
  expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(RangeError);
});
