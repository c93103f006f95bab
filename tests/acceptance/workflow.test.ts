import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { CompletionDelay } from '../../infra/local/services/cloudfront/invalidations.ts';
import {
  callerReferences,
  expectFailed,
  expectFresh,
  expectRecovery,
  inject,
  PAGE,
  upload,
} from '../helpers/endings.ts';
import { type Fault, faulty, refused } from '../helpers/faults.ts';
import { type Site, type StoredHeaders, startSite } from '../helpers/site.ts';

/** Of the distribution when it reads its bucket. */
const EDGE = 'arn:aws:cloudfront';

let completion: CompletionDelay = 0;
let site: Site;

beforeAll(async () => {
  // Fifteen minutes in two seconds.
  site = await startSite({ timeScale: 0.002, invalidationDelayMs: () => completion });
});
afterAll(() => site.stop());

/**
 * Every ending begins with a page that all points of presence show in its old form, and with no
 * changes left behind.
 */
beforeEach(async () => {
  completion = 0;
  const [last] = await site.refreshes(1);
  if (last?.state !== 'fresh') await upload(site);
  await site.warm();
});

const pass: Fault = (_, next) => next();

describe('an invalidation', () => {
  it('that completes at once ends fresh', async () => {
    const ended = await upload(site);
    await expectFresh(site, ended);
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(1);
  });

  it('that completes after a while is polled until it does', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    completion = promise;
    const polls = inject(site, { action: 'GetInvalidation', caller: 'StateMachine' }, (_, next) => {
      if (polls.met.length === 3) resolve();
      return next();
    });
    await expectFresh(site, await upload(site));
    expect(polls.met.length).toBeGreaterThan(2);
  });

  it('that never completes is repeated once, then raises the alarm', async () => {
    completion = null;
    const ended = await upload(site);
    expectFailed(ended, 'NeverCompleted');
    expect(new Set(await callerReferences(site, ended.refresh.id)).size).toBe(2);
    completion = 0;
    await expectRecovery(site);
  });

  it('that never completes ends fresh if the second one does', async () => {
    completion = null;
    inject(site, { action: 'CreateInvalidation' }, async (_, next) => {
      const answer = await next();
      completion = 0;
      return answer;
    });
    const ended = await upload(site);
    await expectFresh(site, ended);
    expect(new Set(await callerReferences(site, ended.refresh.id)).size).toBe(2);
  });
});

/**
 * Who asks in earnest: the step Invalidate also reads what is in progress, and does without if it
 * must.
 */
const callerOf = (action: string) => (action === 'GetInvalidation' ? 'StateMachine' : 'Invalidate');

describe('CloudFront refuses', () => {
  it.each([
    ['CreateInvalidation', 'AccessDenied', 403, 'AccessDenied'],
    ['CreateInvalidation', 'NoSuchDistribution', 404, 'NoSuchDistribution'],
    ['GetInvalidation', 'AccessDenied', 403, 'CloudFront.AccessDeniedException'],
    ['GetInvalidation', 'NoSuchInvalidation', 404, 'CloudFront.NoSuchInvalidationException'],
  ])('%s with %s: the refresh fails without a retry', async (action, code, status, error) => {
    const refusal = inject(site, { action, caller: callerOf(action) }, refused(code, status));
    expectFailed(await upload(site), error);
    expect(refusal.met).toHaveLength(1);
  });

  it.each([
    ['CreateInvalidation', 'Throttling', 400],
    ['CreateInvalidation', 'ServiceUnavailable', 503],
    ['GetInvalidation', 'Throttling', 400],
    ['GetInvalidation', 'ServiceUnavailable', 503],
  ])(
    '%s with %s for a while: the refresh ends fresh, with one invalidation',
    async (action, code, status) => {
      // More often than an SDK tries by itself.
      const refusal = inject(site, { action, caller: callerOf(action) }, refused(code, status), 5);
      const ended = await upload(site);
      await expectFresh(site, ended);
      expect(refusal.met).toHaveLength(5);
      expect(await callerReferences(site, ended.refresh.id)).toHaveLength(1);
    },
  );

  it('more invalidations for now: the refresh waits and plans anew, under a new caller reference', async () => {
    const tooMany = refused('TooManyInvalidationsInProgress', 400);
    const refusal = inject(site, { action: 'CreateInvalidation' }, tooMany, 3);
    const ended = await upload(site);
    await expectFresh(site, ended);
    const refusedReferences = refusal.met.map(
      ({ request }) => /<CallerReference>(.*?)</.exec(String(request.body))?.[1],
    );
    const sent = await callerReferences(site, ended.refresh.id);
    expect(sent).toHaveLength(1);
    expect(new Set([...refusedReferences, ...sent]).size).toBe(4);
  });
});

describe('an edge that refetches the old content', () => {
  it('is purged once more, then raises the alarm', async () => {
    const old = await bucketAsItWas();
    let fault = old;
    const reads = inject(site, { action: 'GetObject', caller: EDGE }, (call, next) => fault(call, next));
    const ended = await upload(site);
    expectFailed(ended, 'EdgeStale');
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(2);
    expect(reads.met).not.toHaveLength(0);
    fault = pass;
    await expectRecovery(site);
  });

  it('is fresh when the second purge brings the new one', async () => {
    const old = await bucketAsItWas();
    let purges = 0;
    inject(site, { action: 'CreateInvalidation' }, (_, next) => {
      purges++;
      return next();
    });
    inject(site, { action: 'GetObject', caller: EDGE }, (call, next) =>
      purges < 2 ? old(call, next) : next(),
    );
    const ended = await upload(site);
    await expectFresh(site, ended);
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(2);
  });

  it('is given time: if the new content appears by itself, one invalidation is enough', async () => {
    // The last directive says nothing, but is not judged: with `no-cache` alone nothing is purged.
    const alwaysAsked = { CacheControl: 'no-cache, stale-if-error=0' };
    const old = await bucketAsItWas(alwaysAsked);
    const fault = inject(site, { action: 'GetObject', caller: EDGE }, old, 2);
    const ended = await upload(site, alwaysAsked);
    await expectFresh(site, ended);
    expect(fault.met).toHaveLength(2);
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(1);
  });

  /** Uploads once more, and from then on answers the edge's reads with that. */
  async function bucketAsItWas(headers: StoredHeaders = {}): Promise<Fault> {
    let read: AwsResponse | undefined;
    const recorder = faulty({ action: 'GetObject', caller: EDGE }, async (_, next) => {
      read = await next();
      return read;
    });
    const stop = site.cloud.intercept(recorder.interceptor);
    await upload(site, headers);
    stop();
    const answer = read;
    if (answer?.status !== 200) throw new Error(`The edge did not read ${PAGE}`);
    return async () => answer;
  }
});
