import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFilterValue, toFilterValue } from '../../../shared/deployment/filter-value.ts';

describe("A notification filter's value", () => {
  it.each([
    ['docs/', 'docs/'],
    ['my site/', 'my+site/'],
    ['tài liệu/', 't%C3%A0i+li%E1%BB%87u/'],
    ['schemaVersion=1/', 'schemaVersion%3D1/'],
    ['a+b%20c/', 'a%2Bb%2520c/'],
    ["safe!-_.*'()/", "safe!-_.*'()/"],
    ['~home/', '%7Ehome/'],
  ])('for keys like %s is %s', (prefix, value) => expect(toFilterValue(prefix)).toBe(value));

  it('decodes to what it was made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(fromFilterValue(toFilterValue(text))).toBe(text);
      }),
    );
  });

  it('decodes to itself if it is not encoded', () => expect(fromFilterValue('100%/')).toBe('100%/'));
});
