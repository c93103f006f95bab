import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyPageReader } from '../../shared/aws/key-page.ts';

const FLAGS = '<KeyCount>2</KeyCount><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>';

const listing = (inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;

const objectOf = (key: string): string =>
  `<Contents><Key>${encodeURIComponent(key).replaceAll('%20', '+')}</Key><ETag>&quot;5d41&quot;</ETag></Contents>`;

/** Reads an answer whose chunks end at some positions. */
function read(answer: string, ends: readonly number[] = []): KeyPageReader {
  const bytes = Buffer.from(answer);
  const reader = new KeyPageReader();
  const sorted = [...ends].sort((a, b) => a - b);
  for (const [index, end] of [...sorted, bytes.length].entries())
    reader.take(bytes.subarray(sorted[index - 1] ?? 0, end));
  return reader;
}

describe('The keys of an answer of S3', () => {
  const keys = ['a b/ü.html', '1+1=2', '𠮷/%20.txt', 'index.html'];
  const answers = {
    'with its flags before the keys, as S3 sends them': listing(FLAGS + keys.map(objectOf).join('')),
    'with its flags after the keys': listing(keys.map(objectOf).join('') + FLAGS),
  };

  it.each(Object.entries(answers))('are the same wherever its chunks end: %s', (_, answer) => {
    const ends = fc.array(fc.nat({ max: answer.length }), { maxLength: 40 });
    fc.assert(
      fc.property(ends, at => {
        expect(read(answer, at).page).toEqual({ keys, isLast: false });
      }),
    );
    for (let end = 1; end < answer.length; end++) {
      expect(read(answer, [end]).page).toEqual({ keys, isLast: false });
    }
  });

  it('are the last ones unless the answer is truncated', () => {
    const last = listing(FLAGS.replace('true', 'false') + objectOf('a'));
    expect(read(last).page).toEqual({ keys: ['a'], isLast: true });
  });

  it('may be none', () => {
    const { page, other } = read(listing('<EncodingType>url</EncodingType>'));
    expect(page).toEqual({ keys: [], isLast: true });
    expect(other).toBeUndefined();
  });
});

describe('An answer that is not a page of encoded keys', () => {
  it('is left to the SDK as it is, if it is an error', () => {
    const error = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Key>a</Key></Error>';
    const { page, other } = read(error, [3, 30, 60]);
    expect(page).toBeUndefined();
    expect(String(other)).toBe(error);
  });

  it('is no page, if its keys are not encoded', () => {
    expect(read(listing('<Contents><Key>a+b</Key></Contents>')).page).toBeUndefined();
  });
});
