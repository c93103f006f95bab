import fc from 'fast-check';

/** What people put into paths so that one server reads another path than the next. */
const INSERTIONS = [
  ...['/', '//', '/./', '/../', '/..', '..', '.', ';', ';/', ';a=b', '\\', '\\..\\', '%', '%00', '%20'],
  ...['%2e', '%2E', '%2f', '%2F', '%3b', '%5c', '%2e%2e/', '%252e', '..;/', '%c0%ae', '\0', ' ', '\t'],
  ...['#', '?', '&', '@', ':', '*', 'é', '．', '／', 'api/', '/api', 'session/start', '/session/../'],
];

const escaped = (character: string) =>
  `%${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0').slice(-2)}`;

/** Ways to write one character of a path. */
const spellings = (character: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(character) },
    { weight: 1, arbitrary: fc.constant(escaped(character)) },
    { weight: 1, arbitrary: fc.constant(escaped(character).toUpperCase()) },
    { weight: 1, arbitrary: fc.constant(`%25${escaped(character).slice(1)}`) },
    { weight: 1, arbitrary: fc.constant(character.toUpperCase()) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.constantFrom(...INSERTIONS).map(insertion => character + insertion) },
  );

/** The path as it is, or in another spelling, or nearly. */
export function misspelled(path: string): fc.Arbitrary<string> {
  return fc.tuple(...[...path].map(spellings)).map(characters => characters.join(''));
}
