import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callerReferences, expectFresh, inject, stopNextExecution, upload } from '../helpers/endings.ts';
import { answerLost, type Fault, refused } from '../helpers/faults.ts';
import { type Site, startSite } from '../helpers/site.ts';

let site: Site;

beforeAll(async () => {
  site = await startSite({ timeScale: 0.002, invalidationDelayMs: 0 });
});
afterAll(() => site.stop());

beforeEach(async () => {
  const [last] = await site.refreshes(1);
  if (last?.state !== 'fresh') await upload(site);
  await site.warm();
});

describe('A lost answer', () => {
  it.each([
    ['CreateInvalidation', 'Invalidate'],
    ['GetInvalidation', 'StateMachine'],
    ['SendMessage', 'Report'],
  ])(
    'of %s: the retry finds its own work, so there is one invalidation and one mail',
    async (action, caller) => {
      // More often than an SDK tries by itself.
      const lost = inject(site, { action, caller }, answerLost, 4);
      const ended = await upload(site);
      await expectFresh(site, ended);
      expect(lost.met).toHaveLength(4);
      expect(await callerReferences(site, ended.refresh.id)).toHaveLength(1);
    },
  );
});

describe('A killed function', () => {
  const killedBefore: Fault = ({ request }, next) => {
    site.cloud.crashFunctions(request.caller);
    return next();
  };
  const killedAfter: Fault = async ({ request }, next) => {
    const answer = await next();
    site.cloud.crashFunctions(request.caller);
    return answer;
  };

  // The chaos suite kills at every call, in virtual time. Here real processes end.
  it.each([
    ['Invalidate', 'CreateInvalidation'],
    ['Verify', 'HeadObject'],
    ['Report', 'SendMessage'],
  ])('%s at %s: the step runs again, and nothing happens twice', async (caller, action) => {
    const killed = inject(site, { action, caller }, killedAfter, 1);
    const ended = await upload(site);
    await expectFresh(site, ended);
    expect(killed.met).toHaveLength(1);
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(1);
  });

  it.each([
    ['UpdateItem', killedAfter],
    ['StartExecution', killedBefore],
    ['StartExecution', killedAfter],
  ])('Collect at %s: the messages come again, and nothing is lost', async (action, fault) => {
    const killed = inject(site, { action, caller: 'Collect' }, fault, 1);
    await site.put('page.txt', `after ${action}`);
    await site.settled();
    expect(killed.met).toHaveLength(1);
    expect(new Set((await site.refreshes()).map(({ state }) => state))).toEqual(new Set(['fresh']));
    await site.expectEdgeEqualsBucket();
  });
});

describe('An execution that fails', () => {
  const told = () =>
    site.next(entry => entry.kind === 'mail' && entry.subject.includes('page.txt'), 'the mail about it');

  it('outside of what its states catch is reported all the same, with a mail', async () => {
    // The state machine finds no status to read: `States.Runtime`, which no `Catch` takes.
    const withoutStatus: Fault = async (_, next) => {
      const answer = await next();
      return { ...answer, body: String(answer.body).replace(/<Status>.*?<\/Status>/, '') };
    };
    inject(site, { action: 'GetInvalidation', caller: 'StateMachine' }, withoutStatus, 1);
    const mailed = told();
    await site.put('page.txt', 'its execution fails');
    await mailed;
    const [ended] = await site.refreshes(1);
    expect(ended).toMatchObject({
      state: 'failed',
      end: { failure: 'FAILED: Its execution failed before it could report: its own error says why' },
    });
  });

  it('after it has reported is mailed once and counted once', async () => {
    const { journal } = site.cloud;
    const from = journal.entries.length;
    inject(site, { action: 'CreateInvalidation' }, refused('AccessDenied', 403));
    const mailed = told();
    const reports = () =>
      journal.entries
        .slice(from)
        .filter(entry => entry.kind === 'invocation' && entry.functionName.includes('Report')).length;
    const reportedTwice = site.next(() => reports() === 2, 'the report of the failed execution');
    await site.put('page.txt', 'its invalidation is refused');
    await Promise.all([mailed, reportedTwice]);
    await site.settled();
    const [ended] = await site.refreshes(1);
    expect(ended).toMatchObject({
      state: 'failed',
      end: { failure: expect.stringMatching(/^AccessDenied/) },
    });
    const since = journal.entries.slice(from);
    expect(since.filter(({ kind }) => kind === 'mail')).toHaveLength(1);
    const counted = since.filter(entry => entry.kind === 'log' && /"RefreshesFailed":1\b/.test(entry.line));
    expect(counted).toHaveLength(1);
  });
});

describe('An execution stopped by an operator', () => {
  it('while uploads arrive: the next upload opens a refresh that takes over all of them', async () => {
    const told = site.next(
      entry => entry.kind === 'mail' && entry.subject.includes('page.txt'),
      'the mail that the refresh was stopped',
    );
    const stopping = stopNextExecution(site);
    await site.put('page.txt', 'only the stopped refresh knows of this one');
    const id = await stopping;
    await told;
    const [ended] = await site.refreshes(1);
    expect(ended).toMatchObject({
      state: 'failed',
      end: { failure: 'ABORTED: Its execution was stopped' },
    });

    await site.put('other.txt', 'the next one');
    await site.settled();
    const [next, abandoned] = await site.refreshes(2);
    expect(abandoned).toMatchObject({ id, state: 'failed', end: { isAbandoned: true } });
    expect(next).toMatchObject({ state: 'fresh', verification: { result: { verified: 2, superseded: 0 } } });
    await site.expectEdgeEqualsBucket();
  });
});
