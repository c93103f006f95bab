import fc from 'fast-check';

const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;

/**
 * Any code point but halves of surrogate pairs. fast-check's own `unit: 'binary'` is the same, but
 * takes more than a second to set up in each process.
 */
const anyCodePoint = fc.nat(0x10ffff - SURROGATES).map(
  index => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES),
  character => {
    const codePoint = String(character).codePointAt(0);
    const isOne = codePoint !== undefined && character === String.fromCodePoint(codePoint);
    if (!isOne || !String(character).isWellFormed()) throw new Error('Not one character');
    return codePoint < FIRST_SURROGATE ? codePoint : codePoint - SURROGATES;
  },
);

/** Any well-formed string. */
export const anyText = (constraints: Omit<fc.StringConstraints, 'unit'> = {}): fc.Arbitrary<string> =>
  fc.string({ ...constraints, unit: anyCodePoint });
