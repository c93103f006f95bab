import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type AwsCall, ConnectionCutError } from '../../infra/local/kernel/aws-endpoint.ts';
import { isLook } from '../helpers/settling.ts';
import { type Site, startSite } from '../helpers/site.ts';

type Matches = (call: AwsCall) => boolean;

const by = (role: string, action: string): Matches => {
  return call => call.request.caller.includes(role) && call.action === action;
};
const saying = (matches: Matches, text: string): Matches => {
  return call => matches(call) && String(call.request.body).includes(text);
};

const CLOSE = saying(by('Invalidate', 'UpdateItem'), ':closed');
const READ_CHANGES = by('Invalidate', 'Query');
const CREATE = by('Invalidate', 'CreateInvalidation');
const POLL = by('StateMachine', 'GetInvalidation');
const COMMIT = saying(by('Collect', 'UpdateItem'), 'generation');
const ADD_CHANGES = by('Collect', 'BatchWriteItem');

/**
 * Stops the first call that matches, before it happens or with its answer still to come, until
 * `letGo`.
 */
function hold(matches: Matches, when: 'before' | 'after' = 'before') {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const remove = site.cloud.intercept(async (call, next) => {
    if (!matches(call)) return next();
    remove();
    const early = when === 'after' ? await next() : undefined;
    reached.resolve();
    await released.promise;
    return early ?? next();
  });
  onTestFinished(() => {
    remove();
    released.resolve();
  });
  return { reached: reached.promise, letGo: released.resolve };
}

let site: Site;
let before: Awaited<ReturnType<Site['counts']>>;
/** A test's own contents: an upload of what is there already would need no invalidation. */
let own: (content: string) => string;
let tests = 0;
beforeAll(async () => {
  site = await startSite({ timeScale: 0.02 });
});
beforeEach(async () => {
  const test = ++tests;
  own = content => `${content} of test ${test}`;
  const [last] = await site.refreshes(1);
  if (last?.state !== 'fresh')
    await Promise.all(['page.html', 'other.html', 'third.html'].map(key => site.put(key, own('first'))));
  await site.settled();
  await site.warm();
  before = await site.counts();
});
afterAll(() => site.stop());

/** When a collector asks for an execution its changes are in a refresh. */
const collected = () =>
  site.next(
    entry => entry.kind === 'call' && entry.action === 'StartExecution',
    'a change to be in a refresh',
  );

const entered = (state: string) =>
  site.next(entry => entry.kind === 'execution' && entry.state === state, `a refresh to enter ${state}`);

const upload = (key: string, content: string) => site.put(key, own(content));

async function uploadAndCollect(key: string, content: string): Promise<void> {
  const done = collected();
  await upload(key, content);
  await done;
}

async function expectRefreshes(count: number): Promise<void> {
  await site.settled();
  expect(await site.counts()).toEqual({
    refreshes: before.refreshes + count,
    invalidations: before.invalidations + count,
    mails: before.mails + count,
  });
  expect(await site.refreshes(count)).toEqual(Array(count).fill(expect.objectContaining({ state: 'fresh' })));
  await site.expectEdgeEqualsBucket();
}

it('A change that commits before the close is in the refresh', async () => {
  const closing = hold(CLOSE);
  await upload('page.html', 'second');
  await closing.reached;
  await uploadAndCollect('page.html', 'third');
  await uploadAndCollect('other.html', 'second');
  closing.letGo();
  await expectRefreshes(1);
  expect((await site.invalidations(1))[0]).toEqual(['/other.html', '/page.html']);
});

const CLOSING_STEPS = [
  ['the close is done and not yet answered', CLOSE, 'after'],
  ['the paths are being planned', READ_CHANGES, 'before'],
  ['the invalidation is about to be created', CREATE, 'before'],
  ['the invalidation is created and not yet answered', CREATE, 'after'],
] as const;

describe.each(['page.html', 'other.html'])('a change of %s', lateKey => {
  it.each(CLOSING_STEPS)('is left to the next refresh when %s', async (_, step, when) => {
    const closing = hold(step, when);
    await upload('page.html', 'second');
    await closing.reached;
    await uploadAndCollect(lateKey, 'third');
    closing.letGo();
    await expectRefreshes(2);
    expect((await site.invalidations(1))[0]).toEqual([`/${lateKey}`]);
  });
});

it.each([
  ['written', ADD_CHANGES],
  ['committed', COMMIT],
])('A change goes to the next refresh if the open one closes before it is %s', async (_, step) => {
  const looking = hold(isLook);
  await upload('page.html', 'second');
  await looking.reached;
  const collecting = hold(step);
  await upload('other.html', 'second');
  await collecting.reached;
  // Once the first refresh has verified what it found written, the second need not purge it again.
  const watching = hold(POLL);
  looking.letGo();
  await watching.reached;
  const closedToo = entered('Watch: begin');
  collecting.letGo();
  await closedToo;
  watching.letGo();
  await expectRefreshes(2);
});

it('A refresh is verified and reported by its own changes while the next deploy arrives', async () => {
  const watching = hold(POLL);
  await upload('page.html', 'second');
  await watching.reached;
  await uploadAndCollect('other.html', 'second');
  watching.letGo();
  await expectRefreshes(2);
  expect(
    site
      .mails()
      .slice(-2)
      .map(({ subject }) => subject),
  ).toEqual(['Fresh: page.html', 'Fresh: other.html']);
});

it('A refresh closes once even if the answer to the close is lost', async () => {
  const remove = site.cloud.intercept(async (call, next) => {
    if (!CLOSE(call)) return next();
    remove();
    await next();
    throw new ConnectionCutError();
  });
  await upload('page.html', 'second');
  await expectRefreshes(1);
});

it('Two deploys in a row become two refreshes', async () => {
  for (const content of ['second', 'third']) {
    await upload('page.html', content);
    await site.settled();
    await site.expectEdgeEqualsBucket();
  }
  await expectRefreshes(2);
});

it('Paths requested manually join the open refresh', async () => {
  const closing = hold(CLOSE);
  await upload('page.html', 'second');
  await closing.reached;
  const asked = collected();
  await site.send({ paths: ['/*'] });
  await asked;
  closing.letGo();
  await expectRefreshes(1);
  expect((await site.invalidations(1))[0]).toEqual(['/*']);
});
