import { expect, it } from 'vitest';
import { createS3Origin } from '../../../infra/local/services/cloudfront/s3-origin.ts';
import { openSite } from './site.ts';

const DENIED = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

it.each([200, 403, 404])('A bucket’s answer %i reaches the viewer signed by S3', async status => {
  const answer = { status, headers: { 'Content-Type': 'application/xml' }, body: DENIED };
  const { get } = openSite({}, { fetchOrigin: createS3Origin(async () => answer) });
  expect(await get('/a')).toMatchObject({
    status,
    text: DENIED,
    headers: {
      server: 'AmazonS3',
      'x-amz-request-id': expect.stringMatching(/^[\dA-F]{16}$/),
      'content-type': 'application/xml',
    },
  });
});
