import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  pageToken,
  readPageToken,
  type StudentFilter,
} from '../../../../shared/school/students/page-token.ts';
import { anyText } from '../../../helpers/any-text.ts';

const filters: fc.Arbitrary<StudentFilter> = fc.record(
  { class: fc.string({ minLength: 1 }), search: anyText({ minLength: 1 }) },
  { requiredKeys: [] },
);
const ids = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,31}$/);

describe('a page token', () => {
  it('leads back to where the page ended', () => {
    fc.assert(
      fc.property(ids, filters, (after, filter) => readPageToken(pageToken(after, filter), filter) === after),
    );
  });

  it('can stand in a URL as it is', () => {
    fc.assert(fc.property(ids, filters, (after, filter) => /^[\w-]+$/.test(pageToken(after, filter))));
  });

  it('belongs to one filter', () => {
    const token = pageToken('SV005', { class: 'A' });
    for (const other of [{}, { class: 'B' }, { search: 'A' }, { class: 'A', search: 'x' }]) {
      expect(() => readPageToken(token, other)).toThrow(expect.objectContaining({ code: 'BadRequest' }));
    }
  });

  it('is refused with any character changed, left out or added', () => {
    const token = pageToken('SV005', {});
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('', 'A', 'b', '0', '_', '=', 'é', 'AA'),
        (at, patch) => {
          const tampered = token.slice(0, at) + patch + token.slice(at + 1);
          fc.pre(tampered !== token);
          expect(() => readPageToken(tampered, {})).toThrow(expect.objectContaining({ code: 'BadRequest' }));
        },
      ),
    );
  });

  it('is refused when it is anything else, and nothing worse happens', () => {
    const disguised = fc.jsonValue().map(value => Buffer.from(JSON.stringify(value)).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), disguised), text => {
        expect(() => readPageToken(text, {})).toThrow(expect.objectContaining({ code: 'BadRequest' }));
      }),
    );
  });
});
