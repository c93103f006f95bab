import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { actionOf } from '../../../infra/local/services.ts';
import { createInvalidations } from '../../../shared/aws/cloudfront.ts';
import { type Fault, faulty, refused } from '../../helpers/faults.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { openSite } from './site.ts';

/** The program's own port to CloudFront, by the real SDK; a fault may meet its calls. */
async function open(action = '', fault: Fault = (_, next) => next()) {
  let completionMs: number | null = null;
  const { cloudFront } = openSite({}, { invalidationDelayMs: () => completionMs });
  const journal = createJournal();
  const services = new Map([['cloudfront', cloudFront.api]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  endpoint.intercept(faulty({ action }, fault).interceptor);
  const client = new CloudFrontClient(clientFor(endpoint.url));
  onTestFinished(async () => {
    client.destroy();
    cloudFront.stop();
    await endpoint.stop();
  });
  const invalidations = createInvalidations('E1', client);
  return {
    invalidations,
    actions: () => journal.entries.flatMap(entry => (entry.kind === 'call' ? entry.action : [])),
    async createCompleted(paths: string[], reference: string) {
      completionMs = 0;
      await invalidations.create(paths, reference);
      completionMs = null;
    },
  };
}

describe('What is in progress', () => {
  it('is counted separately for exact and wildcard paths', async () => {
    const { invalidations } = await open();
    await invalidations.create(['/a.css', '/docs/*', '/docs*.html'], 'first');
    await invalidations.create(['/b.css', '/*'], 'second');
    expect(await invalidations.inProgress()).toEqual({ exact: 3, wildcard: 2 });
  });

  it('is nothing if all is completed, which takes one request to learn', async () => {
    const { invalidations, actions, createCompleted } = await open();
    await createCompleted(['/a.css'], 'first');
    await createCompleted(['/*'], 'second');
    expect(await invalidations.inProgress()).toEqual({ exact: 0, wildcard: 0 });
    expect(actions().slice(2)).toEqual(['ListInvalidations']);
  });

  it('leaves out what has completed since the list was read', async () => {
    const { invalidations } = await open('GetInvalidation', async (_, next) => {
      const answer = await next();
      return { ...answer, body: String(answer.body).replace('InProgress', 'Completed') };
    });
    await invalidations.create(['/a.css'], 'first');
    expect(await invalidations.inProgress()).toEqual({ exact: 0, wildcard: 0 });
  });
});

describe('A request that CloudFront refuses', () => {
  it('because of a quota may be made again later', async () => {
    const { invalidations } = await open();
    for (let index = 0; index < 15; index++) await invalidations.create([`/${index}/*`], `${index}`);
    await expect(invalidations.create(['/*'], 'one more')).rejects.toThrow(
      expect.objectContaining({ name: 'TooManyInvalidationsInProgress' }),
    );
  });

  it.each(['Throttling', 'ThrottlingException', 'TooManyInvalidationsInProgress'])(
    'with %s is a matter of the quota',
    async code => {
      const { invalidations } = await open('CreateInvalidation', refused(code, 400));
      await expect(invalidations.create(['/*'], 'r')).rejects.toThrow(
        expect.objectContaining({ name: 'TooManyInvalidationsInProgress' }),
      );
    },
  );

  it.each([
    ['ServiceUnavailable', 503],
    ['InvalidArgument', 400],
    ['AccessDenied', 403],
  ])('with %s is an error like any other', async (code, status) => {
    const { invalidations } = await open('CreateInvalidation', refused(code, status));
    await expect(invalidations.create(['/*'], 'r')).rejects.toThrow(expect.objectContaining({ name: code }));
  });
});
