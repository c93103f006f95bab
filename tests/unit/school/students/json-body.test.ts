import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, parseJsonObject, readJsonObject } from '../../../../shared/http/json-body.ts';
import { RequestRefusedError } from '../../../../shared/http/refusal.ts';
import { anyText } from '../../../helpers/any-text.ts';

const codeOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof RequestRefusedError) return error.code;
    throw error;
  }
  return 'accepted';
};
const parsed = (text: string) => codeOf(() => parseJsonObject(text));
const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

describe('the text of a body', () => {
  const read = (content: string, isBase64Encoded = false) =>
    readJsonObject({ contentType: 'application/json', content, isBase64Encoded });

  it('may begin with a byte order mark', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(read(Buffer.from('\ufeff{"a":1}').toString('base64'), true)).toEqual({ a: 1 });
  });

  it.each([
    ['as API Gateway passes it on', '{"a":"Jos\ufffd"}', false],
    ['in Base64', Buffer.from('{"a":"José"}', 'latin1').toString('base64'), true],
  ])('must be UTF-8, %s', (_, content, isBase64Encoded) => {
    expect(() => read(content, isBase64Encoded)).toThrow('The body is not UTF-8. Send it in that encoding.');
  });
});

describe('a JSON body', () => {
  it.each([
    '{"a":1,"b":{"a":1}}',
    '{"a":[{"a":1},{"a":2}]}',
    '{"a":"\\"a\\":","b":"{[:"}',
    '{"a\\\\":1,"a":2}',
    ' {"":0} ',
    nested(8),
  ])('is read as JSON.parse reads it: %s', text => {
    expect(parseJsonObject(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a cut object', '{"a":'],
    ['two objects', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{/**/}'],
    ['the same key twice', '{"a":1,"a":1}'],
    ['the same key twice, spelt differently', '{"a":1,"\\u0061":2}'],
    ['the same key twice, deep inside', '{"x":[{"a":1,"b":{"c":0},"a":1}]}'],
    ['an inherited name twice', '{"__proto__":1,"__proto__":2}'],
    ['nine levels', nested(9)],
    ['nine levels of lists', `{"a":${'['.repeat(8)}${']'.repeat(8)}}`],
    ['30,000 levels', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ])('is refused when it is %s', (_, text) => {
    expect(parsed(text)).toBe('BadRequest');
  });

  it('may name inherited properties without touching them', () => {
    const value = parseJsonObject('{"__proto__":{"admin":true},"toString":1}');
    expect(Object.keys(value)).toEqual(['__proto__', 'toString']);
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it('agrees with JSON.parse on all that it accepts, and accepts every flat object', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText(), fc.jsonValue({ maxDepth: 10, depthSize: 'small' })), value => {
        const text = JSON.stringify(value);
        const code = parsed(text);
        if (code === 'accepted') expect(parseJsonObject(text)).toEqual(JSON.parse(text));
        else expect(depthOf(value)).toBeGreaterThan(8);
      }),
    );
  });

  it('parses or refuses any string, and throws no other error', () => {
    const fragments = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"a"',
      '"a":',
      '1',
      'null',
      ' ',
      '\\u0061',
    );
    fc.assert(
      fc.property(fc.array(fragments), parts => {
        expect(['accepted', 'BadRequest']).toContain(parsed(parts.join('')));
      }),
    );
  });

  it('finds every duplicate key', () => {
    const key = anyText({ maxLength: 3 });
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), keys => {
        const text = `{${keys.map(name => `${JSON.stringify(name)}:0`).join(',')}}`;
        expect(parsed(text)).toBe(new Set(keys).size === keys.length ? 'accepted' : 'BadRequest');
      }),
    );
  });
});

describe('the body of a request', () => {
  const read = (body: Partial<Parameters<typeof readJsonObject>[0]>) => () =>
    readJsonObject({ contentType: 'application/json', content: '{}', isBase64Encoded: false, ...body });

  it.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json;',
  ])('may be %s', contentType => expect(codeOf(read({ contentType }))).toBe('accepted'));

  it.each([
    undefined,
    '',
    'text/plain',
    'application/jsonp',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
  ])('must not be %s', contentType => expect(codeOf(read({ contentType }))).toBe('UnsupportedMediaType'));

  it('is decoded from Base64', () => {
    const content = Buffer.from('{"name":"Ánh"}').toString('base64');
    expect(read({ content, isBase64Encoded: true })()).toEqual({ name: 'Ánh' });
  });

  it('must be UTF-8', () => {
    const content = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64');
    expect(codeOf(read({ content, isBase64Encoded: true }))).toBe('BadRequest');
  });

  it('holds 64 KiB and not a byte more', () => {
    const ofBytes = (bytes: number) => `{"a":"é${'x'.repeat(bytes - 10)}"}`;
    expect(Buffer.byteLength(ofBytes(MAX_BODY_BYTES))).toBe(MAX_BODY_BYTES);
    expect(codeOf(read({ content: ofBytes(MAX_BODY_BYTES) }))).toBe('accepted');
    expect(codeOf(read({ content: ofBytes(MAX_BODY_BYTES + 1) }))).toBe('TooLarge');
    const encoded = Buffer.from(ofBytes(MAX_BODY_BYTES + 1)).toString('base64');
    expect(codeOf(read({ content: encoded, isBase64Encoded: true }))).toBe('TooLarge');
  });

  it('must be there', () => expect(codeOf(read({ content: null }))).toBe('BadRequest'));
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
