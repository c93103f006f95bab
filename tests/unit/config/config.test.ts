import { describe, expect, it } from 'vitest';
import { readSettings, setting } from '../../../shared/config.ts';
import { Distributions } from '../../../shared/refresh/distribution.ts';
import { KeyFilter } from '../../../shared/refresh/key-filter.ts';

const SHAPE = {
  SITE_BUCKET: setting.text,
  MAIL_QUEUE_URL: setting.url,
  NOTIFY_EMAIL: setting.list,
  FREE_PATHS_PER_MONTH: setting.count,
  PATH_PRICE_USD: setting.amount,
  DISTRIBUTIONS: setting.json(Distributions),
  SITE_KEYS: setting.json(KeyFilter),
  MAIL_WHEN: setting.mailPolicy,
};

const DISTRIBUTION = {
  id: 'E1',
  url: 'https://d1.cloudfront.net',
  urls: { originPath: '', extensionless: false, rootObject: '', cachesQueryStrings: 'false' },
  honoursNoStore: 'true',
  errorPages: ['', '/index.html'],
};
const SITE_KEYS = { prefixes: ['app/'], excluded: ['*.map'] };

const VALID = {
  SITE_BUCKET: 'site-bucket',
  MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
  NOTIFY_EMAIL: 'a@example.com, b@example.com,',
  FREE_PATHS_PER_MONTH: '100',
  PATH_PRICE_USD: '0.005',
  DISTRIBUTIONS: JSON.stringify([DISTRIBUTION]),
  SITE_KEYS: JSON.stringify(SITE_KEYS),
  MAIL_WHEN: 'failed',
};

const read = (changes: Record<string, string | undefined>) => readSettings(SHAPE, { ...VALID, ...changes });

describe('the settings of a function', () => {
  it('are read from its environment, whatever else is there', () => {
    expect(read({ AWS_REGION: 'us-east-1' })).toEqual({
      SITE_BUCKET: 'site-bucket',
      MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
      NOTIFY_EMAIL: ['a@example.com', 'b@example.com'],
      FREE_PATHS_PER_MONTH: 100,
      PATH_PRICE_USD: 0.005,
      DISTRIBUTIONS: [
        {
          ...DISTRIBUTION,
          urls: { ...DISTRIBUTION.urls, cachesQueryStrings: false },
          honoursNoStore: true,
          verify: true,
          verificationHeaders: {},
        },
      ],
      SITE_KEYS,
      MAIL_WHEN: 'failed',
    });
  });

  it('take for granted what a distribution does not say', () => {
    const { id, url } = DISTRIBUTION;
    expect(read({ DISTRIBUTIONS: JSON.stringify([{ id, url }]) }).DISTRIBUTIONS).toEqual([
      {
        id,
        url,
        urls: { originPath: '', extensionless: false, rootObject: 'index.html', cachesQueryStrings: false },
        honoursNoStore: true,
        errorPages: [],
        verify: true,
        verificationHeaders: {},
      },
    ]);
  });

  it.each(Object.keys(SHAPE))('refuse to start without %s', name => {
    expect(() => read({ [name]: undefined })).toThrow(expect.objectContaining({ name: 'InvalidSettings' }));
    expect(() => read({ [name]: undefined })).toThrow(name);
  });

  it.each(Object.keys(SHAPE))('refuse an empty %s', name => {
    expect(() => read({ [name]: '' })).toThrow(name);
    expect(() => read({ [name]: ' ' })).toThrow(name);
  });

  it.each([
    { name: 'MAIL_QUEUE_URL', value: 'mail-queue' },
    { name: 'NOTIFY_EMAIL', value: ' , ' },
    { name: 'FREE_PATHS_PER_MONTH', value: 'many' },
    { name: 'FREE_PATHS_PER_MONTH', value: '-1' },
    { name: 'FREE_PATHS_PER_MONTH', value: '1.5' },
    { name: 'PATH_PRICE_USD', value: 'cheap' },
    { name: 'PATH_PRICE_USD', value: '-0.005' },
    { name: 'DISTRIBUTIONS', value: '[]' },
    { name: 'DISTRIBUTIONS', value: 'E1' },
    ...['site', '/site/', '/'].map(originPath => ({
      name: 'DISTRIBUTIONS',
      value: JSON.stringify([{ ...DISTRIBUTION, urls: { ...DISTRIBUTION.urls, originPath } }]),
    })),
    { name: 'DISTRIBUTIONS', value: JSON.stringify([{ ...DISTRIBUTION, url: 'd1.cloudfront.net' }]) },
    { name: 'DISTRIBUTIONS', value: JSON.stringify([{ ...DISTRIBUTION, honoursNoStore: '' }]) },
    { name: 'SITE_KEYS', value: '{"prefixes":[""],"excluded":[]}' },
    { name: 'MAIL_WHEN', value: 'never' },
  ])('refuse $name=$value', ({ name, value }) => expect(() => read({ [name]: value })).toThrow(name));

  it('name every problem at once', () => {
    const wrong = { SITE_BUCKET: undefined, FREE_PATHS_PER_MONTH: 'x', MAIL_WHEN: '' };
    expect(() => read(wrong)).toThrow(/SITE_BUCKET: .*FREE_PATHS_PER_MONTH: .*MAIL_WHEN: /);
  });
});
