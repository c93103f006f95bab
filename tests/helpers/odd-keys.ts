/** UTF-8 bytes that S3 allows a key. */
const LONGEST_KEY_BYTES = 1024;

const longKey = (letter: string) => {
  const room = LONGEST_KEY_BYTES - Buffer.byteLength('long/.txt');
  return `long/${letter.repeat(Math.floor(room / Buffer.byteLength(letter)))}.txt`;
};

/** Keys whose URLs, wildcards or encodings have gone wrong somewhere. */
export const ODD_KEYS: readonly string[] = [
  'index.html',
  'docs/index.html',
  'myindex.html',
  'docs/myindex.html',
  'a',
  'a.txt',
  'a.txt.bak',
  'folder',
  'folder/',
  'folder/a',
  'folder/a b c.txt',
  'folder//double-slash.txt',
  'dots/../x.txt',
  'dots/./y.txt',
  'price/50%.txt',
  'price/50%25.txt',
  'sum/1+1=2.txt',
  'sum/1%2B1=2.txt',
  'hash/#1.txt',
  'query/what?.txt',
  'query/a=1&b=2.txt',
  'home/~teacher.txt',
  'vendors~about.js',
  "quotes/it's.txt",
  'quotes/"quoted".txt',
  'quotes/`ticks`.txt',
  'parentheses/copy (1).txt',
  'brackets/[x]{y}<z>|w^v\\u.txt',
  'star/a*b.txt',
  'mail/me@example.com,you;him:her!$.txt',
  'emoji/🎒 school 👩‍🏫.txt',
  'accents/caf\u00e9.txt',
  'accents/cafe\u0301.txt',
  'Phạm Thị E.txt',
  'controls/tab\there\u007f\ufffe.txt',
  longKey('x'),
  longKey('ễ'),
];
