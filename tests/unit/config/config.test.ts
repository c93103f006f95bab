import { describe, expect, it } from 'vitest';
import { readSettings, setting } from '../../../shared/config.ts';

const SHAPE = {
  SITE_BUCKET: setting.text,
  MAIL_QUEUE_URL: setting.url,
  NOTIFY_EMAIL: setting.list,
  MAX_EXACT_PATHS: setting.count,
  ORIGIN_PATH: setting.originPath,
  MAIL_WHEN: setting.mailPolicy,
};

const VALID = {
  SITE_BUCKET: 'site-bucket',
  MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
  NOTIFY_EMAIL: 'a@example.com, b@example.com,',
  MAX_EXACT_PATHS: '100',
  ORIGIN_PATH: '',
  MAIL_WHEN: 'failed',
};

const read = (changes: Record<string, string | undefined>) => readSettings(SHAPE, { ...VALID, ...changes });

describe('the settings of a function', () => {
  it('are read from its environment, whatever else is there', () => {
    expect(read({ AWS_REGION: 'us-east-1' })).toEqual({
      SITE_BUCKET: 'site-bucket',
      MAIL_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/mail',
      NOTIFY_EMAIL: ['a@example.com', 'b@example.com'],
      MAX_EXACT_PATHS: 100,
      ORIGIN_PATH: '',
      MAIL_WHEN: 'failed',
    });
  });

  it.each(Object.keys(SHAPE))('refuse to start without %s', name => {
    expect(() => read({ [name]: undefined })).toThrow(expect.objectContaining({ name: 'InvalidSettings' }));
    expect(() => read({ [name]: undefined })).toThrow(name);
  });

  it.each(Object.keys(SHAPE).filter(name => name !== 'ORIGIN_PATH'))('refuse an empty %s', name => {
    expect(() => read({ [name]: '' })).toThrow(name);
    expect(() => read({ [name]: ' ' })).toThrow(name);
  });

  it.each([
    { name: 'MAIL_QUEUE_URL', value: 'mail-queue' },
    { name: 'NOTIFY_EMAIL', value: ' , ' },
    { name: 'MAX_EXACT_PATHS', value: 'many' },
    { name: 'MAX_EXACT_PATHS', value: '-1' },
    { name: 'MAX_EXACT_PATHS', value: '1.5' },
    { name: 'ORIGIN_PATH', value: 'site' },
    { name: 'ORIGIN_PATH', value: '/site/' },
    { name: 'ORIGIN_PATH', value: '/' },
    { name: 'MAIL_WHEN', value: 'never' },
  ])('refuse $name=$value', ({ name, value }) => expect(() => read({ [name]: value })).toThrow(name));

  it('name every problem at once', () => {
    const wrong = { SITE_BUCKET: undefined, MAX_EXACT_PATHS: 'x', MAIL_WHEN: '' };
    expect(() => read(wrong)).toThrow(/SITE_BUCKET: .*MAX_EXACT_PATHS: .*MAIL_WHEN: /);
  });
});
