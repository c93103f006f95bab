import { expect, it } from 'vitest';
import { describe } from '../../../infra/local/dev/description.ts';

const CLOUD = {
  outputs: { SiteUrl: 'http://127.0.0.1:8080', ApiUrl: 'http://127.0.0.1:8081/prod' },
  endpoint: 'http://127.0.0.1:4566',
  siteUrl: 'http://127.0.0.1:8080',
  inboxUrl: 'http://127.0.0.1:8025',
  notEmulated: ['AWS::S3::Bucket.Tags', 'AWS::S3::Bucket.LoggingConfiguration', 'CloudFront: price classes'],
};

it('A start ends with how long it took and with the addresses', () => {
  expect(describe(CLOUD, { verbose: false, seconds: 3.14 })).toMatch(
    /\n {2}The student site is running on this machine, after 3\.1 s\. Ctrl-C stops everything\.\n\n {4}Site {3}http:\/\/127\.0\.0\.1:8080\n {4}Cache {2}http:\/\/127\.0\.0\.1:8080\/cache\.html\n {4}API {4}http:\/\/127\.0\.0\.1:8081\/prod\n {4}Inbox {2}http:\/\/127\.0\.0\.1:8025\n {4}AWS {4}http:\/\/127\.0\.0\.1:4566\n$/,
  );
});

it('A start counts what has no effect, and says how to see it', () => {
  const description = describe(CLOUD, { verbose: false, seconds: 3 });
  expect(description).toContain(
    '3 properties of the template have no effect here: npm start -- --verbose lists them.',
  );
  expect(description).not.toContain('Tags');
});

it('A start with --verbose lists what has no effect, a line for each type', () => {
  expect(describe(CLOUD, { verbose: true, seconds: 3 })).toContain(`
  These properties of the template have no effect here:
    AWS::S3::Bucket: Tags, LoggingConfiguration
    CloudFront: price classes
`);
});
