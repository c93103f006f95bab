import fc from 'fast-check';
import { anyText } from './any-text.ts';

/** S3's longest object key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

const AWKWARD = [
  ...['/', '//', '.', '..', './', '../', 'index.html', '/index.html'],
  ...[
    ' ',
    '+',
    '%',
    '%2F',
    '%7E',
    '#',
    '?',
    '&',
    '=',
    '~',
    "'",
    '(',
    ')',
    '*',
    '"',
    '<script>',
    '\\',
    '|',
    '^',
  ],
  ...['\n', '\t', '\u0000', '\u007F', 'é', 'e\u0301', '😀', '🐀', '\u2028'],
];

/** Any key that S3 takes, those with awkward characters first of all. */
export function anyObjectKey(): fc.Arbitrary<string> {
  const piece = fc.oneof(fc.constantFrom(...AWKWARD), anyText({ minLength: 1, maxLength: 6 }));
  return fc
    .array(piece, { minLength: 1, maxLength: 12 })
    .map(pieces => pieces.join(''))
    .filter(key => Buffer.byteLength(key) <= MAX_KEY_BYTES);
}
