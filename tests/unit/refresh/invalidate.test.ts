import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { PLAN_SETTINGS } from '../../helpers/planning.ts';
import { type Step, setUp } from './invalidate-step.ts';

/** Asks that CloudFront takes no more of. */
const FULL = { exact: 3000, wildcard: 15 };
const named = (name: string) => expect.objectContaining({ name });

describe('the step Invalidate', () => {
  it('closes the refresh, plans it and creates its invalidation', async () => {
    const { table, sent, invalidate } = setUp({
      changes: { objects: [changeOf('b.css')], paths: ['/docs/*'] },
    });
    expect(await invalidate({ generation: 1 })).toEqual({
      invalidationId: 'I-r1-1',
      paths: 2,
      waitSeconds: 0,
    });
    expect(sent).toEqual([{ reference: 'r1-1', paths: '/b.css /docs/*' }]);
    expect(await table.get('r1')).toMatchObject({ state: 'invalidating', plan: { number: 1, round: 1 } });
  });

  it('stores what the plan comes to: keys and paths asked for, the cost with that of earlier rounds', async () => {
    const objects = [
      changeOf('a.css'),
      changeOf('a.css', { sequencer: '02' }),
      changeOf('b.css'),
      changeOf('c.css'),
    ];
    const changes = { objects, paths: ['/docs/*', '/x'] };
    const { table, invalidate } = setUp({ changes, spentUsd: 0.02 });
    await invalidate({ round: 2 });
    expect((await table.get('r1'))?.plan).toMatchObject({
      changeCount: 3,
      requestedPathCount: 2,
      paths: ['/*'],
      costUsd: 0,
      totalCostUsd: 0.02,
    });
  });

  it('refuses when changes arrived since the last look, and leaves the refresh open for them', async () => {
    const { table, sent, invalidate } = setUp();
    await table.commit('r1');
    await expect(invalidate({ generation: 1 })).rejects.toThrow(named('RefreshNotQuiet'));
    expect(await table.get('r1')).toMatchObject({ state: 'open' });
    expect(sent).toEqual([]);
  });

  it('closes an unquiet refresh when no generation is given', async () => {
    const { table, invalidate } = setUp();
    await table.commit('r1');
    expect(await invalidate()).toEqual({ invalidationId: 'I-r1-1', paths: 1, waitSeconds: 0 });
  });

  it('sends nothing when no viewer can see the changes', async () => {
    const { sent, invalidate } = setUp({ originPath: '/public' });
    expect(await invalidate()).toEqual({ paths: 0, waitSeconds: 0 });
    expect(sent).toEqual([]);
  });

  it('repeated sends the same paths under the same reference', async () => {
    const { sent, invalidate } = setUp();
    const first = await invalidate({ generation: 1 });
    expect(await invalidate({ generation: 1 })).toEqual(first);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('plans anew, under a new reference, after too many invalidations were in progress', async () => {
    const { sent, invalidate } = setUp({ refusals: 2 });
    await expect(invalidate()).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    await expect(invalidate()).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    expect(await invalidate()).toMatchObject({ paths: 1 });
    expect(new Set(sent.map(({ reference }) => reference)).size).toBe(3);
  });

  it('plans anew, under a new reference, in a second round', async () => {
    const { sent, invalidate } = setUp();
    await invalidate({ round: 1 });
    await invalidate({ round: 2 });
    expect(sent.map(({ reference }) => reference)).toEqual(['r1-1', 'r1-2']);
  });

  it('sends nothing for what the edge was verified to serve, and says how many keys that were', async () => {
    const first = changeOf('a.css', { removed: true, sequencer: '01' });
    const again = changeOf('a.css', { removed: true, sequencer: '02' });
    const { table, records, sent, invalidate } = setUp({ changes: { objects: [again] } });
    await records.mark(first, 'm0');
    await records.recordVerified(first, 'm0', verifiedFrom(undefined));
    expect(await invalidate()).toEqual({ paths: 0, waitSeconds: 0 });
    expect(sent).toEqual([]);
    const skipped = { unchanged: 1, neverCached: 0, duplicate: 0 };
    expect((await table.get('r1'))?.plan).toMatchObject({ paths: [], skipped });
  });

  it('skips nothing in a second round, and nothing that was requested manually', async () => {
    const removal = changeOf('a.css', { removed: true, sequencer: '01' });
    const { table, records, sent, invalidate } = setUp({
      changes: { objects: [removal], paths: ['/b.css'] },
    });
    await records.mark(removal, 'm0');
    await records.recordVerified(removal, 'm0', verifiedFrom(undefined));
    await invalidate({ round: 1 });
    await invalidate({ round: 2 });
    expect(sent.map(({ paths }) => paths)).toEqual(['/b.css', '/a.css /b.css']);
    const plan = (await table.get('r1'))?.plan;
    expect(records.peek('a.css')).toEqual({ key: 'a.css', sequencer: '01', mark: plan?.mark });
  });

  it('of an earlier round, if late, repeats what the later one sends', async () => {
    const { sent, invalidate } = setUp();
    await invalidate({ round: 1 });
    await invalidate({ round: 2 });
    await invalidate({ round: 1 });
    expect(sent.map(({ reference }) => reference)).toEqual(['r1-1', 'r1-2', 'r1-2']);
  });

  it('opens the refresh again when it is refused, and what comes meanwhile joins it', async () => {
    const { table, sent, invalidate } = setUp({ refusals: 1 });
    await expect(invalidate({ generation: 1 })).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    expect(await table.get('r1')).toMatchObject({
      state: 'open',
      quota: { refusedAt: '2026-11-02T10:00:00.000Z', refusals: 1 },
    });
    expect(await table.get('r1')).not.toHaveProperty('plan');
    table.put('r1', 'open', { key: 'b.css', sequencer: '02' });
    expect(await invalidate()).toMatchObject({ paths: 2 });
    expect(sent.at(-1)).toEqual({ reference: 'r1-2', paths: '/a.css /b.css' });
  });

  it('sends nothing to CloudFront while the quota leaves no room', async () => {
    const busy = [FULL];
    const { table, sent, invalidate } = setUp({ inProgress: () => busy.pop() ?? { exact: 0, wildcard: 0 } });
    await expect(invalidate()).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    expect(sent).toEqual([]);
    expect(await table.get('r1')).toMatchObject({ state: 'open' });
    expect(await invalidate()).toMatchObject({ paths: 1 });
  });

  it('stays within the free quota', async () => {
    const { sent, invalidate } = setUp({
      inProgress: () => ({ exact: 2999, wildcard: 14 }),
      changes: { objects: [changeOf('a.css'), changeOf('b.css')] },
    });
    await invalidate();
    const paths = sent.flatMap(batch => batch.paths.split(' '));
    expect(paths.filter(path => path.endsWith('*'))).toHaveLength(1);
    expect(paths.filter(path => !path.endsWith('*')).length).toBeLessThan(2);
  });

  it('plans under the whole quota when what is in progress cannot be read, and says so', async () => {
    const failure = new Error('denied');
    const { unknown, invalidate } = setUp({
      inProgress: () => {
        throw failure;
      },
    });
    expect(await invalidate()).toMatchObject({ paths: 1 });
    expect(unknown).toEqual([failure]);
  });

  it('requests a single wildcard once CloudFront has refused it for longer than its patience', async () => {
    let minutes = 0;
    const { table, sent, invalidate } = setUp({
      refusals: 3,
      now: () => new Date(Date.UTC(2026, 10, 2, 10, minutes)),
      changes: { paths: ['/docs/*'] },
    });
    for (minutes of [0, 50]) await expect(invalidate()).rejects.toThrow();
    for (minutes of [61, 75]) await invalidate().catch(() => undefined);
    expect(sent.map(({ paths }) => paths)).toEqual(['/a.css /docs/*', '/a.css /docs/*', '/*', '/*']);
    expect(await table.get('r1')).toMatchObject({ state: 'invalidating', plan: { number: 4 } });
  });

  it('counts the paths of an invalidation in the month of its plan, once however often it is repeated', async () => {
    const times = [new Date('2025-11-30T23:59:59.999Z'), new Date('2025-12-01T00:00:00.000Z')];
    const { used, invalidate } = setUp({ now: () => times.shift() ?? new Date('2025-12-02') });
    await invalidate();
    await invalidate();
    expect([...used]).toEqual([['2025-11 r1-1', 1]]);
  });

  it('uses only what is left of the month’s free paths', async () => {
    const { table, used, invalidate } = setUp({
      changes: { objects: [changeOf('a.css'), changeOf('b.css')] },
    });
    used.set('2026-10 r0-1', 5);
    used.set('2026-11 r0-2', 1);
    await invalidate();
    const paid = PLAN_SETTINGS.prices.path;
    expect((await table.get('r1'))?.plan).toMatchObject({ paths: ['/a.css', '/b.css'], costUsd: paid });
  });

  it('says so when there is no such refresh', async () => {
    await expect(setUp().invalidate({ refreshId: 'r0' })).rejects.toThrow(named('UnknownRefresh'));
  });

  it('whose twin was refused after it was sent is not over: the refresh is open again', async () => {
    const { table, sent, invalidate } = setUp({
      step: async (label, effect) => {
        if (label === 'create') {
          const { generation = 0 } = (await table.get('r1')) ?? {};
          await table.reopen('r1', { generation, plans: 1, at: new Date(0) });
        }
        return effect();
      },
    });
    await expect(invalidate()).rejects.toThrow(named('RefreshNotQuiet'));
    expect(sent).toHaveLength(1);
    expect(await table.get('r1')).toMatchObject({ state: 'open' });
  });

  it('running twice at the same time never sends two lists of paths under one reference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.nat(3), async (scheduler, refusals) => {
        const step: Step = async (label, effect) => {
          await scheduler.schedule(Promise.resolve(), label);
          return effect();
        };
        const { sent, invalidate } = setUp({ refusals, step });
        const twins = Promise.allSettled([invalidate(), invalidate()]);
        await scheduler.waitFor(twins);
        await scheduler.waitFor(Promise.allSettled([invalidate()]));
        const references = new Set(sent.map(({ reference }) => reference));
        const batches = new Set(sent.map(({ reference, paths }) => `${reference} ${paths}`));
        expect(batches.size).toBe(references.size);
        if (refusals === 0) expect(references.size).toBe(1);
      }),
    );
  });
});
