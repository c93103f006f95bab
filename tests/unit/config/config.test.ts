import { describe, expect, it } from 'vitest';
import { readSettings, setting } from '../../../shared/config.ts';
import { KeyFilter } from '../../../shared/refresh/key-filter.ts';

const SHAPE = {
  SITE_BUCKET: setting.text,
  MAIL_QUEUE_URL: setting.url,
  NOTIFY_EMAIL: setting.list,
  FREE_PATHS_PER_MONTH: setting.count,
  PATH_PRICE_USD: setting.amount,
  DISTRIBUTION_IDS: setting.list,
  SITE_KEYS: setting.json(KeyFilter),
  MAIL_WHEN: setting.mailPolicy,
};

const SITE_KEYS = { prefixes: ['app/'], excluded: ['*.map'] };

const VALID = {
  SITE_BUCKET: 'site-bucket',
  MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
  NOTIFY_EMAIL: 'a@example.com, b@example.com,',
  FREE_PATHS_PER_MONTH: '100',
  PATH_PRICE_USD: '0.005',
  DISTRIBUTION_IDS: 'E1,E2',
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
      DISTRIBUTION_IDS: ['E1', 'E2'],
      SITE_KEYS,
      MAIL_WHEN: 'failed',
    });
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
    { name: 'SITE_KEYS', value: '{"prefixes":[""],"excluded":[]}' },
    { name: 'MAIL_WHEN', value: 'never' },
  ])('refuse $name=$value', ({ name, value }) => expect(() => read({ [name]: value })).toThrow(name));

  it('name every problem at once', () => {
    const wrong = { SITE_BUCKET: undefined, FREE_PATHS_PER_MONTH: 'x', MAIL_WHEN: '' };
    expect(() => read(wrong)).toThrow(/SITE_BUCKET: .*FREE_PATHS_PER_MONTH: .*MAIL_WHEN: /);
  });
});
